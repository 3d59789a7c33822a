--- The next edit: asked for when insert mode is left, previewed in place, made with two keys.
local client = require("midfill.client")
local config = require("midfill.config")

local M = {}

local NAMESPACE = vim.api.nvim_create_namespace("midfill.next_edit")
local INVOKED, AUTOMATIC = 1, 2

---@class midfill.NextEdit
---@field client vim.lsp.Client
---@field edits table[] as the server sent them, all of one document
---@field tick integer of the buffer they were made for

---@type table<integer, midfill.NextEdit>
local offers = {}

---@param buffer integer
function M.forget(buffer)
  offers[buffer] = nil
  if vim.api.nvim_buf_is_valid(buffer) then
    vim.api.nvim_buf_clear_namespace(buffer, NAMESPACE, 0, -1)
  end
end

---@param buffer integer
---@return midfill.NextEdit?
local function offer_of(buffer)
  local offer = offers[buffer]
  if offer and offer.tick ~= vim.api.nvim_buf_get_changedtick(buffer) then
    M.forget(buffer)
    return nil
  end
  return offer
end

---@param buffer integer
---@param edit table
---@param encoding string
local function preview(buffer, edit, encoding)
  local item = require("midfill.item")
  local row, column = item.place(buffer, edit.range.start, encoding)
  local end_row, end_column = item.place(buffer, edit.range["end"], encoding)
  local lines = vim.split(edit.text, "\n", { plain = true })
  local below = {}
  for index = 2, #lines do
    below[#below + 1] = { { lines[index], "MidfillAdded" } }
  end
  vim.api.nvim_buf_set_extmark(buffer, NAMESPACE, row, column, {
    end_row = end_row,
    end_col = end_column,
    hl_group = "MidfillRemoved",
    strict = false,
  })
  vim.api.nvim_buf_set_extmark(buffer, NAMESPACE, end_row, end_column, {
    virt_text = { { lines[1], "MidfillAdded" } },
    virt_text_pos = "inline",
    virt_lines = #below > 0 and below or nil,
  })
end

---@param buffer integer
---@param server vim.lsp.Client
---@param edits table[]
local function present(buffer, server, edits)
  M.forget(buffer)
  local uri = vim.uri_from_bufnr(buffer)
  local own = vim.tbl_filter(function(edit)
    return not edit.textDocument or edit.textDocument.uri == uri
  end, edits)
  if #own == 0 then
    return
  end
  offers[buffer] = { client = server, edits = own, tick = vim.api.nvim_buf_get_changedtick(buffer) }
  for _, edit in ipairs(own) do
    preview(buffer, edit, server.offset_encoding)
  end
  client.notify(server, "textDocument/didShowInlineEdit", { item = own[1] })
end

--- Ask whether something else should change now.
---@param buffer integer
---@param is_invoked boolean whether the user did, by hand
function M.ask(buffer, is_invoked)
  local server = client.of(buffer)
  if not server or not config.allows(buffer) then
    return
  end
  local params = vim.lsp.util.make_position_params(0, server.offset_encoding)
  local tick = vim.api.nvim_buf_get_changedtick(buffer)
  params.textDocument.version = vim.lsp.util.buf_versions[buffer]
  params.context = { triggerKind = is_invoked and INVOKED or AUTOMATIC }
  client.request(server, "textDocument/copilotInlineEdit", params, function(err, result)
    local is_current = vim.api.nvim_buf_is_valid(buffer)
      and vim.api.nvim_buf_get_changedtick(buffer) == tick
    if not err and result and is_current then
      present(buffer, server, result.edits or {})
    end
  end, buffer)
end

---@return boolean
function M.is_visible()
  return offer_of(vim.api.nvim_get_current_buf()) ~= nil
end

---@param buffer integer
---@param offer midfill.NextEdit
local function make(buffer, offer)
  local text_edits = vim.tbl_map(function(edit)
    return { range = edit.range, newText = edit.text }
  end, offer.edits)
  M.forget(buffer)
  -- All places in one undo step.
  vim.lsp.util.apply_text_edits(text_edits, buffer, offer.client.offset_encoding)
  local done = {}
  for _, edit in ipairs(offer.edits) do
    local key = edit.command and vim.inspect(edit.command)
    if key and not done[key] then
      done[key] = true
      client.execute(offer.client, edit.command, buffer)
    end
  end
end

--- Jump to the next edit; when the cursor is there already, make it, at all its places.
---@return boolean is_used
function M.jump_or_make()
  local buffer = vim.api.nvim_get_current_buf()
  local offer = offer_of(buffer)
  if not offer then
    return false
  end
  local cursor_row = vim.api.nvim_win_get_cursor(0)[1] - 1
  for _, edit in ipairs(offer.edits) do
    if edit.range.start.line <= cursor_row and cursor_row <= edit.range["end"].line then
      make(buffer, offer)
      return true
    end
  end
  local item = require("midfill.item")
  local row, column = item.place(buffer, offer.edits[1].range.start, offer.client.offset_encoding)
  vim.cmd("normal! m'")
  vim.api.nvim_win_set_cursor(0, { row + 1, column })
  return true
end

return M
