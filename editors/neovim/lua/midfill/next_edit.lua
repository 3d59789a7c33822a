--- The next edit: asked for when insert mode is left, previewed in place, made with two keys.
local client = require("midfill.client")
local config = require("midfill.config")
local findings = require("midfill.findings")
local item = require("midfill.item")

local M = {}

local NAMESPACE = vim.api.nvim_create_namespace("midfill.next_edit")
local INVOKED, AUTOMATIC = 1, 2

---@class midfill.NextEdit
---@field client vim.lsp.Client
---@field kind "alternatives"|"sequence"|"atomic" pick one, one by one, or all at once
---@field edits table[] as the server sent them; their ranges are those of the text now
---@field chosen integer which of the edits is gone to, and which alternative is shown
---@field marks table<integer, integer> the extmark of each edit that is shown
---@field is_told boolean whether the server knows that it was accepted
---@field tick integer of the buffer that the ranges are for

---@type table<integer, midfill.NextEdit>
local offers = {}

---@param buffer integer
function M.forget(buffer)
  offers[buffer] = nil
  if vim.api.nvim_buf_is_valid(buffer) then
    vim.api.nvim_buf_clear_namespace(buffer, NAMESPACE, 0, -1)
  end
end

--- What is offered for the text as it is.
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

--- The text of a buffer may have changed: forget what was offered for another one.
---@param buffer integer
function M.refresh(buffer)
  offer_of(buffer)
end

---@param buffer integer
---@param edit table
---@param encoding string
---@return integer mark
local function preview(buffer, edit, encoding)
  local row, column = item.place(buffer, edit.range.start, encoding)
  local end_row, end_column = item.place(buffer, edit.range["end"], encoding)
  local lines = vim.split(edit.text, "\n", { plain = true })
  local below = {}
  for index = 2, #lines do
    below[#below + 1] = { { lines[index], "MidfillAdded" } }
  end
  vim.api.nvim_buf_set_extmark(buffer, NAMESPACE, end_row, end_column, {
    virt_text = { { lines[1], "MidfillAdded" } },
    virt_text_pos = "inline",
    virt_lines = #below > 0 and below or nil,
  })
  return vim.api.nvim_buf_set_extmark(buffer, NAMESPACE, row, column, {
    end_row = end_row,
    end_col = end_column,
    hl_group = "MidfillRemoved",
    strict = false,
  })
end

---@param buffer integer
---@param offer midfill.NextEdit
local function draw(buffer, offer)
  M.forget(buffer)
  offers[buffer] = offer
  offer.tick = vim.api.nvim_buf_get_changedtick(buffer)
  offer.marks = {}
  for index, edit in ipairs(offer.edits) do
    if offer.kind ~= "alternatives" or index == offer.chosen then
      offer.marks[index] = preview(buffer, edit, offer.client.offset_encoding)
    end
  end
end

--- Show what the server proposes, if all that belongs together is of this buffer.
---@param buffer integer
---@param server vim.lsp.Client
---@param result table
function M.present(buffer, server, result)
  M.forget(buffer)
  local edits = result.edits or {}
  local first = edits[1]
  if not first then
    return
  end
  local kind = (result.midfill or {}).kind or (first.midfill or {}).kind or "alternatives"
  local uri = vim.uri_from_bufnr(buffer)
  local own = vim.tbl_filter(function(edit)
    return not edit.textDocument or edit.textDocument.uri == uri
  end, edits)
  if #own == 0 or (kind == "atomic" and #own < #edits) then
    return
  end
  draw(buffer, { client = server, kind = kind, edits = own, chosen = 1, is_told = false })
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
  params.context = {
    triggerKind = is_invoked and INVOKED or AUTOMATIC,
    diagnostics = findings.of(buffer, server.offset_encoding),
  }
  client.request(server, "textDocument/copilotInlineEdit", params, function(err, result)
    local is_current = vim.api.nvim_buf_is_valid(buffer)
      and vim.api.nvim_buf_get_changedtick(buffer) == tick
    if not err and result and is_current then
      M.present(buffer, server, result)
    end
  end, buffer)
end

---@return boolean
function M.is_visible()
  return offer_of(vim.api.nvim_get_current_buf()) ~= nil
end

--- Where an edit's place is after others were made.
---@param buffer integer
---@param mark integer
---@param encoding string
---@return table range
local function range_of(buffer, mark, encoding)
  local row, column, details =
    unpack(vim.api.nvim_buf_get_extmark_by_id(buffer, NAMESPACE, mark, { details = true }))
  return {
    start = item.position(buffer, row, column, encoding),
    ["end"] = item.position(buffer, details.end_row, details.end_col, encoding),
  }
end

--- Take the edits that were made out of a sequence; nil when nothing is left.
---@param buffer integer
---@param offer midfill.NextEdit
---@param made integer
---@return table[]?
local function rest_of(buffer, offer, made)
  if offer.kind ~= "sequence" or #offer.edits < 2 then
    return nil
  end
  local rest = {}
  for index, edit in ipairs(offer.edits) do
    if index ~= made then
      local range = range_of(buffer, offer.marks[index], offer.client.offset_encoding)
      rest[#rest + 1] = vim.tbl_extend("force", edit, { range = range })
    end
  end
  return rest
end

--- Make all edits of an atomic offer, in one undo step; of another one the edit `index` alone.
---@param buffer integer
---@param offer midfill.NextEdit
---@param index integer
local function make(buffer, offer, index)
  local made = offer.kind == "atomic" and offer.edits or { offer.edits[index] }
  local text_edits = vim.tbl_map(function(edit)
    return { range = edit.range, newText = edit.text }
  end, made)
  vim.lsp.util.apply_text_edits(text_edits, buffer, offer.client.offset_encoding)
  local rest = rest_of(buffer, offer, index)
  M.forget(buffer)
  local command = made[1].command
  if command and not offer.is_told then
    client.execute(offer.client, command, buffer)
  end
  if rest then
    offer.edits, offer.chosen, offer.is_told = rest, 1, true
    draw(buffer, offer)
  end
end

--- The edit at the cursor, of those that are shown.
---@param offer midfill.NextEdit
---@return integer?
local function index_at_cursor(offer)
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  for index, edit in ipairs(offer.edits) do
    local is_shown = offer.marks[index] ~= nil
    if is_shown and edit.range.start.line <= row and row <= edit.range["end"].line then
      return index
    end
  end
end

---@param buffer integer
---@param offer midfill.NextEdit
local function jump(buffer, offer)
  local start = offer.edits[offer.chosen].range.start
  local row, column = item.place(buffer, start, offer.client.offset_encoding)
  vim.cmd("normal! m'")
  vim.api.nvim_win_set_cursor(0, { row + 1, column })
end

--- Jump to the next edit; when the cursor is there already, make it.
---@return boolean is_used
function M.jump_or_make()
  local buffer = vim.api.nvim_get_current_buf()
  local offer = offer_of(buffer)
  if not offer then
    return false
  end
  local index = index_at_cursor(offer)
  if index then
    make(buffer, offer, index)
  else
    jump(buffer, offer)
  end
  return true
end

--- Go to another alternative or another place of what is offered.
---@return boolean is_used
function M.go_to_another()
  local buffer = vim.api.nvim_get_current_buf()
  local offer = offer_of(buffer)
  if not offer then
    return false
  end
  offer.chosen = offer.chosen % #offer.edits + 1
  draw(buffer, offer)
  jump(buffer, offer)
  return true
end

return M
