--- How much of a proposal a key takes: a word, a line, all. Pure text.
local M = {}

--- The first word of a text: white space, then letters and digits, or else one run of signs.
---@param text string
---@return string
function M.word(text)
  local blank = text:match("^%s*")
  local rest = text:sub(#blank + 1)
  -- Bytes above 127 belong to letters of other alphabets.
  local word = rest:match("^[%w_\128-\255]+") or rest:match("^[^%w%s_\128-\255]+") or ""
  return blank .. word
end

--- The first line of a text; with its end when it is empty, so that a key always gets on.
---@param text string
---@return string
function M.line(text)
  local at = text:find("\n", 1, true)
  if at == 1 then
    at = text:find("\n", 2, true)
  end
  return at and text:sub(1, at - 1) or text
end

--- UTF-16 units of a text, as LSP counts.
---@param text string
---@return integer
function M.num_units(text)
  local units = 0
  for index = 1, #text do
    local byte = text:byte(index)
    if byte < 0x80 or byte >= 0xC0 then
      units = units + (byte >= 0xF0 and 2 or 1)
    end
  end
  return units
end

return M
