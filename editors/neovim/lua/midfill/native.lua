--- Ghost text by Neovim's own client (0.12): vim.lsp.inline_completion draws and accepts.
local parts = require("midfill.parts")

local M = {}

---@return boolean
function M.exists()
  return vim.lsp.inline_completion ~= nil
end

---@param client_id integer
function M.enable(client_id)
  vim.lsp.inline_completion.enable(true, { client_id = client_id })
end

--- What of a text stands before the cursor already: Neovim keeps an item while it is typed.
---@param text string
---@return string
local function without_typed(text)
  local before = vim.api.nvim_get_current_line():sub(1, vim.api.nvim_win_get_cursor(0)[2])
  for length = math.min(#text, #before), 1, -1 do
    if before:sub(-length) == text:sub(1, length) then
      return text:sub(length + 1)
    end
  end
  return text
end

--- Take what is shown, or a part of it: then Neovim hands the item over instead of inserting it.
---@param part (fun(text: string): string)?
---@return boolean is_accepted
local function accept(part)
  local on_accept = part
    and function(item)
      local text = item.insert_text
      text = type(text) == "table" and text.value or text --[[@as string]]
      vim.api.nvim_paste(part(without_typed(text)), false, -1)
    end
  return vim.lsp.inline_completion.get({ on_accept = on_accept }) == true
end

---@return boolean
function M.accept()
  return accept(nil)
end

---@return boolean
function M.accept_word()
  return accept(parts.word)
end

---@return boolean
function M.accept_line()
  return accept(parts.line)
end

function M.next()
  vim.lsp.inline_completion.select({ count = 1 })
end

return M
