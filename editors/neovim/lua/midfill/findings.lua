--- What other tools found wrong with a buffer, as far as it still holds.
local item = require("midfill.item")

local M = {}

-- The lines at fault as they were when this was found, by row: what was edited since is unknown.
---@type table<integer, table<integer, string>>
local lines = {}

---@param buffer integer
---@param row integer
---@return string?
local function line_of(buffer, row)
  return vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1]
end

---@param buffer integer
---@return vim.Diagnostic[]
local function faults(buffer)
  return vim.diagnostic.get(buffer, { severity = { min = vim.diagnostic.severity.WARN } })
end

--- Remember what was found just now.
---@param buffer integer
function M.note(buffer)
  lines[buffer] = {}
  for _, fault in ipairs(faults(buffer)) do
    lines[buffer][fault.lnum] = line_of(buffer, fault.lnum)
  end
end

---@param buffer integer
function M.forget(buffer)
  lines[buffer] = nil
end

--- Errors and warnings as LSP diagnostics.
---@param buffer integer
---@param encoding string
---@return table[]
function M.of(buffer, encoding)
  local known = lines[buffer] or {}
  local found = {}
  for _, fault in ipairs(faults(buffer)) do
    local line = line_of(buffer, fault.lnum)
    if line and line == known[fault.lnum] then
      local end_row, end_column = fault.end_lnum or fault.lnum, fault.end_col or fault.col
      found[#found + 1] = {
        range = {
          start = item.position(buffer, fault.lnum, fault.col, encoding),
          ["end"] = item.position(buffer, end_row, end_column, encoding),
        },
        message = fault.message,
      }
    end
  end
  return found
end

return M
