--- One completion item placed in a buffer: what it would remove, what of it is written already.
local M = {}

---@class midfill.Item
---@field raw table the item as the server sent it
---@field client vim.lsp.Client
---@field row integer 0-based, as all rows here
---@field from integer byte column where the item's range starts
---@field to integer byte column where it ends
---@field text string what stands or will stand from there on
---@field num_before integer bytes of the item's whole text before that: accepted lines

---@param buffer integer
---@param row integer
---@return string
local function line_of(buffer, row)
  return vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ""
end

---@param buffer integer
---@param position table LSP position
---@param encoding string
---@return integer row, integer column in bytes
function M.place(buffer, position, encoding)
  local line = line_of(buffer, position.line)
  if encoding == "utf-8" then
    return position.line, math.min(position.character, #line)
  end
  local is_utf16 = encoding == "utf-16"
  local units = position.character
  if vim.fn.has("nvim-0.11") == 1 then
    return position.line, vim.str_byteindex(line, encoding, units, false)
  end
  local _, most = vim.str_utfindex(line)
  return position.line, vim.str_byteindex(line, math.min(units, most), is_utf16)
end

---@param buffer integer
---@param row integer
---@param column integer in bytes
---@param encoding string
---@return table LSP position
function M.position(buffer, row, column, encoding)
  local line = line_of(buffer, row)
  column = math.min(column, #line)
  local character = column
  if encoding ~= "utf-8" and vim.fn.has("nvim-0.11") == 1 then
    character = vim.str_utfindex(line, encoding, column, false)
  elseif encoding ~= "utf-8" then
    local utf32, utf16 = vim.str_utfindex(line, column)
    character = encoding == "utf-16" and utf16 or utf32
  end
  return { line = row, character = character }
end

---@param raw table
---@param client vim.lsp.Client
---@param buffer integer
---@param row integer the cursor's
---@param column integer the cursor's
---@return midfill.Item
function M.new(raw, client, buffer, row, column)
  local text = type(raw.insertText) == "table" and raw.insertText.value or raw.insertText
  local item = { raw = raw, client = client, row = row, from = column, to = column, text = text }
  item.num_before = 0
  if raw.range then
    item.row, item.from = M.place(buffer, raw.range.start, client.offset_encoding)
    local _, to = M.place(buffer, raw.range["end"], client.offset_encoding)
    item.to = to
  end
  return item
end

--- Begin the item anew at a place: what stands before it was accepted.
---@param item midfill.Item
---@param row integer
---@param column integer
---@param num_taken integer bytes of its text that were accepted
function M.restart(item, row, column, num_taken)
  item.num_before = item.num_before + num_taken
  item.text = item.text:sub(num_taken + 1)
  item.row, item.from, item.to = row, column, column
end

--- What is left to show with the cursor at a place, or nil when the text no longer agrees.
---@param item midfill.Item
---@param buffer integer
---@param row integer
---@param column integer
---@return string?
function M.remainder(item, buffer, row, column)
  if row ~= item.row or column < item.from then
    return nil
  end
  local written = line_of(buffer, row):sub(item.from + 1, column)
  if item.text:sub(1, #written) ~= written or #written == #item.text then
    return nil
  end
  return item.text:sub(#written + 1)
end

return M
