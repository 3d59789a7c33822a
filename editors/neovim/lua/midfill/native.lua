--- Ghost text by Neovim's own client (0.12): vim.lsp.inline_completion asks and draws.
---
--- What is not in its interface (asking by hand, hiding) is done with what is: the item under the
--- cursor is handed over when it is "accepted", and then needs not be written.
local client = require("midfill.client")
local parts = require("midfill.parts")

local M = {}

local INVOKED = 1

---@return boolean
function M.exists()
  return vim.lsp.inline_completion ~= nil
end

--- By buffer: a client that has not started yet cannot be switched on.
---@param buffer integer
---@param is_on boolean
function M.enable(buffer, is_on)
  vim.lsp.inline_completion.enable(is_on, { bufnr = buffer })
end

---@param item table vim.lsp.inline_completion.Item
---@return string
local function text_of(item)
  local text = item.insert_text
  return type(text) == "table" and text.value or text --[[@as string]]
end

--- What is left of an item behind what was typed, and whether anything goes behind the cursor.
---@param item table
---@return string? remainder nil when the text no longer agrees
---@return boolean replaces
local function remainder_of(item)
  local cursor = vim.api.nvim_win_get_cursor(0)
  local range = item.range
  if not range then
    return text_of(item), false
  end
  if range.start_row ~= cursor[1] - 1 or cursor[2] < range.start_col then
    return nil, false
  end
  local written = vim.api.nvim_get_current_line():sub(range.start_col + 1, cursor[2])
  if not vim.startswith(text_of(item), written) then
    return nil, false
  end
  return text_of(item):sub(#written + 1), range.end_col > cursor[2]
end

---@param item table
---@return string? id the server's
local function id_of(item)
  return item.command and (item.command.arguments or {})[1]
end

---@param item table
---@param method string
---@param params table
local function notify(item, method, params)
  local server = vim.lsp.get_client_by_id(item.client_id)
  if server and id_of(item) then
    client.notify(server, method, params)
  end
end

---@param item table
---@param part fun(text: string): string
local function write_part(item, part)
  local rest = remainder_of(item)
  local text = rest and part(rest) or ""
  if not rest or text == "" then
    return
  end
  local whole = text_of(item)
  local taken = whole:sub(1, #whole - #rest + #text)
  vim.api.nvim_paste(text, false, -1)
  notify(item, "textDocument/didPartiallyAcceptCompletion", {
    item = { command = item.command },
    acceptedLength = parts.num_units(taken),
  })
end

---@return boolean is_accepted
function M.accept()
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local rest, replaces = remainder_of(item)
      if rest == nil or replaces then
        return rest and item
      end
      -- Neovim would write over the range of the request, and leave what was typed since.
      vim.api.nvim_paste(rest, false, -1)
      local server = vim.lsp.get_client_by_id(item.client_id)
      if server and item.command then
        client.execute(server, item.command, 0)
      end
    end,
  })
end

---@param part fun(text: string): string
---@return boolean is_accepted
local function accept_part(part)
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      write_part(item, part)
    end,
  })
end

---@return boolean
function M.accept_word()
  return accept_part(parts.word)
end

---@return boolean
function M.accept_line()
  return accept_part(parts.line)
end

---@return boolean is_dismissed
function M.dismiss()
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      notify(item, "midfill/didReject", { id = id_of(item) })
    end,
  })
end

--- The object that asks for a buffer; it is no part of Neovim's interface, so it may be missing.
---@return table?
local function completor()
  local is_there, capability = pcall(require, "vim.lsp._capability")
  local buffer = vim.api.nvim_get_current_buf()
  return is_there and vim.tbl_get(capability, "all", "inline_completion", "active", buffer) or nil
end

--- Ask for what was typed while the server started: Neovim waits for another key.
function M.catch_up()
  -- It switches itself on for the buffer when LspAttach is over, in a call of its own.
  vim.schedule(function()
    vim.schedule(function()
      local asking = completor()
      if asking and asking.automatic_request and vim.fn.mode():match("^i") then
        asking:automatic_request()
      end
    end)
  end)
end

--- Ask by hand, for several candidates.
function M.complete()
  local asking = completor()
  if asking and asking.request then
    asking:request(INVOKED)
  else
    client.tell("this Neovim cannot be asked by hand: set native = false", vim.log.levels.WARN)
  end
end

--- Show the next candidate; asks for several when there is one at most.
function M.next()
  local asking = completor()
  if asking and asking.count_items and asking:count_items() < 2 then
    return M.complete()
  end
  vim.lsp.inline_completion.select({ count = 1 })
end

return M
