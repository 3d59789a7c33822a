--- Ghost text of our own, for Neovim 0.10 and 0.11: extmarks behind the cursor.
local client = require("midfill.client")
local config = require("midfill.config")
local item = require("midfill.item")
local parts = require("midfill.parts")

local M = {}

local NAMESPACE = vim.api.nvim_create_namespace("midfill.ghost")
local INVOKED, AUTOMATIC = 1, 2
-- Whose time was over is asked again: what was read of the context by then is kept.
local MAX_REPEATS = 6

---@class midfill.Ghost
---@field items midfill.Item[]
---@field index integer
---@field request { client: vim.lsp.Client, id: integer }?
---@field tick integer of the buffer when the request under way was sent

---@type table<integer, midfill.Ghost>
local ghosts = {}

---@param buffer integer
---@return midfill.Ghost
local function ghost_of(buffer)
  ghosts[buffer] = ghosts[buffer] or { items = {}, index = 1, tick = 0 }
  return ghosts[buffer]
end

---@return integer buffer, integer row, integer column
local function here()
  local cursor = vim.api.nvim_win_get_cursor(0)
  return vim.api.nvim_get_current_buf(), cursor[1] - 1, cursor[2]
end

---@param buffer integer
local function erase(buffer)
  vim.api.nvim_buf_clear_namespace(buffer, NAMESPACE, 0, -1)
end

---@param buffer integer
local function cancel(buffer)
  local under_way = ghost_of(buffer).request
  if under_way then
    client.cancel(under_way.client, under_way.id)
    ghost_of(buffer).request = nil
  end
end

---@param buffer integer
---@return midfill.Item?, string? remainder
local function shown(buffer)
  local ghost = ghost_of(buffer)
  local current = ghost.items[ghost.index]
  if not current then
    return nil, nil
  end
  local _, row, column = here()
  local remainder = item.remainder(current, buffer, row, column)
  return remainder and current or nil, remainder
end

--- Draw what is left of the current item, or nothing.
---@param buffer integer
local function draw(buffer)
  erase(buffer)
  local current, remainder = shown(buffer)
  if not current or not remainder then
    return
  end
  local _, row, column = here()
  local lines = vim.split(remainder, "\n", { plain = true })
  local below = {}
  for index = 2, #lines do
    below[#below + 1] = { { lines[index], "MidfillGhost" } }
  end
  vim.api.nvim_buf_set_extmark(buffer, NAMESPACE, row, column, {
    virt_text = { { lines[1], "MidfillGhost" } },
    virt_text_pos = "inline",
    virt_lines = #below > 0 and below or nil,
    hl_mode = "combine",
  })
  if current.to > column then
    -- What the proposal replaces behind the cursor stays in sight, struck through.
    vim.api.nvim_buf_set_extmark(buffer, NAMESPACE, row, column, {
      end_col = current.to,
      hl_group = "MidfillRemoved",
      strict = false,
    })
  end
end

---@param buffer integer
local function forget(buffer)
  ghost_of(buffer).items = {}
  erase(buffer)
end

---@param buffer integer
---@param raw_items table[]
---@param server vim.lsp.Client
local function present(buffer, raw_items, server)
  local _, row, column = here()
  local ghost = ghost_of(buffer)
  ghost.items, ghost.index = {}, 1
  for _, raw in ipairs(raw_items) do
    local one = item.new(raw, server, buffer, row, column)
    if item.remainder(one, buffer, row, column) then
      table.insert(ghost.items, one)
    end
  end
  draw(buffer)
  if ghost.items[1] then
    client.notify(server, "textDocument/didShowCompletion", { item = ghost.items[1].raw })
  end
end

--- Whether the text is still the one that was asked about, and typed in.
---@param buffer integer
---@return boolean
local function is_waiting(buffer)
  local is_here = vim.api.nvim_get_current_buf() == buffer and vim.fn.mode():match("^[iR]")
  return is_here ~= nil
    and is_here ~= false
    and ghost_of(buffer).tick == vim.api.nvim_buf_get_changedtick(buffer)
end

--- Ask for proposals at the cursor.
---@param is_invoked boolean? by hand: several candidates, at once
---@param repeats integer? how often it was asked already
function M.ask(is_invoked, repeats)
  local buffer = here()
  local server = client.of(buffer)
  if not server or not config.allows(buffer) then
    return
  end
  cancel(buffer)
  local ghost = ghost_of(buffer)
  ghost.tick = vim.api.nvim_buf_get_changedtick(buffer)
  local params = vim.lsp.util.make_position_params(0, server.offset_encoding)
  params.context = { triggerKind = is_invoked and INVOKED or AUTOMATIC }
  local id
  id = client.request(server, "textDocument/inlineCompletion", params, function(err, result)
    if ghost.request and ghost.request.id == id then
      ghost.request = nil
    end
    local is_late = result and vim.tbl_get(result, "midfill", "reason") == "DEADLINE"
    if is_late and (repeats or 0) < MAX_REPEATS and is_waiting(buffer) then
      return M.ask(is_invoked, (repeats or 0) + 1)
    end
    M.receive(buffer, server, err, result)
  end, buffer)
  ghost.request = id and { client = server, id = id } or nil
end

--- Show what the server answered, if the text is still the one that was asked about.
---@param buffer integer
---@param server vim.lsp.Client
---@param err table?
---@param result table?
function M.receive(buffer, server, err, result)
  if err or not result or not is_waiting(buffer) then
    return
  end
  present(buffer, result.items or result, server)
end

--- The text or the cursor moved: keep what still agrees, ask again.
function M.refresh()
  local buffer = here()
  if shown(buffer) then
    draw(buffer)
  else
    forget(buffer)
  end
  if config.current.auto then
    M.ask(false)
  end
end

---@return boolean
function M.is_visible()
  return shown(vim.api.nvim_get_current_buf()) ~= nil
end

--- Hide the proposal. The server is told that it was not wanted.
function M.dismiss()
  local buffer = here()
  cancel(buffer)
  local current = shown(buffer)
  if current and current.raw.midfill then
    client.notify(current.client, "midfill/didReject", { id = current.raw.midfill.id })
  end
  forget(buffer)
end

--- Hide the proposal and what is under way, as when insert mode is left.
---@param buffer integer
function M.leave(buffer)
  cancel(buffer)
  forget(buffer)
end

--- Show the next candidate; asks for several when there is one at most.
function M.next()
  local buffer = here()
  local ghost = ghost_of(buffer)
  if #ghost.items < 2 then
    return M.ask(true)
  end
  ghost.index = ghost.index % #ghost.items + 1
  draw(buffer)
  local current = ghost.items[ghost.index]
  client.notify(current.client, "textDocument/didShowCompletion", { item = current.raw })
end

---@param current midfill.Item
---@param buffer integer
---@param row integer
---@param column integer
---@param text string what is written at the cursor
---@param is_all boolean whether what the item replaces goes too
local function write(current, buffer, row, column, text, is_all)
  local lines = vim.split(text, "\n", { plain = true })
  local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1]
  local last = is_all and math.max(column, math.min(current.to, #line)) or column
  -- One undo step of its own.
  vim.cmd("let &undolevels = &undolevels")
  vim.api.nvim_buf_set_text(buffer, row, column, row, last, lines)
  local end_column = #lines == 1 and column + #text or #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + #lines, end_column })
end

--- A part was accepted: tell the server, go on showing the rest.
---@param current midfill.Item
---@param buffer integer
---@param num_taken integer bytes of its text that stand now
---@param text string the last part of them
local function keep_rest(current, buffer, num_taken, text)
  local whole = current.raw.insertText
  whole = type(whole) == "table" and whole.value or whole
  client.notify(current.client, "textDocument/didPartiallyAcceptCompletion", {
    item = current.raw,
    acceptedLength = parts.num_units(whole:sub(1, current.num_before + num_taken)),
  })
  if text:find("\n", 1, true) then
    local _, row, column = here()
    item.restart(current, row, column, num_taken)
  else
    current.to = current.to + #text
  end
  draw(buffer)
end

---@param part fun(text: string): string what is taken of the text
---@return boolean is_accepted
local function accept(part)
  local buffer, row, column = here()
  local current, remainder = shown(buffer)
  if not current or not remainder then
    return false
  end
  local text = part(remainder)
  local is_all = text == remainder
  write(current, buffer, row, column, text, is_all)
  if not is_all then
    keep_rest(current, buffer, #current.text - #remainder + #text, text)
    return true
  end
  forget(buffer)
  if current.raw.command then
    client.execute(current.client, current.raw.command, buffer)
  end
  return true
end

---@return boolean
function M.accept()
  return accept(function(text)
    return text
  end)
end

---@return boolean
function M.accept_word()
  return accept(parts.word)
end

---@return boolean
function M.accept_line()
  return accept(parts.line)
end

return M
