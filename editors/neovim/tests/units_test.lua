--- Parts that need no server.
local config = require("midfill.config")
local item = require("midfill.item")
local parts = require("midfill.parts")

local M = {}

local function equal(got, wanted)
  if not vim.deep_equal(got, wanted) then
    error(("got %s, wanted %s"):format(vim.inspect(got), vim.inspect(wanted)), 2)
  end
end

M["a word is blanks and letters, or blanks and signs"] = function()
  equal(parts.word("foo_1.bar"), "foo_1")
  equal(parts.word("  = x"), "  =")
  equal(parts.word("(a)"), "(")
  equal(parts.word("größe = 1"), "größe")
  equal(parts.word("\n    return"), "\n    return")
  equal(parts.word(""), "")
end

M["a line always gets on"] = function()
  equal(parts.line("one\ntwo"), "one")
  equal(parts.line("\ntwo\nthree"), "\ntwo")
  equal(parts.line("one"), "one")
end

M["lengths count UTF-16 units"] = function()
  equal(parts.num_units("aé€😀"), 5)
end

M["wrong options are named, and none of them taken"] = function()
  local problems = config.set({ atuo = true, keys = { accpet = "x" }, cmd = "midfill" })
  table.sort(problems)
  equal(#problems, 3)
  assert(problems[1]:find("cmd must be a table", 1, true), problems[1])
  assert(problems[2]:find("unknown option atuo", 1, true), problems[2])
  assert(problems[3]:find("unknown option keys.accpet", 1, true), problems[3])
  equal(config.current, config.defaults)
end

M["a language, a folder and a buffer can be switched off"] = function()
  equal(config.set({ languages = { text = false }, disabled_folders = { "/secret" } }), {})
  local buffer = vim.api.nvim_create_buf(true, false)
  vim.bo[buffer].filetype = "text"
  equal(config.allows(buffer), false)
  vim.bo[buffer].filetype = "python"
  equal(config.allows(buffer), true)
  vim.b[buffer].midfill = false
  equal(config.allows(buffer), false)
  vim.b[buffer].midfill = nil
  vim.api.nvim_buf_set_name(buffer, "/secret/a.py")
  equal(config.allows(buffer), false)
  vim.api.nvim_buf_set_name(buffer, "/secrets/a.py")
  equal(config.allows(buffer), true)
  config.set({})
end

M["an item shrinks while it is typed, and goes when it is not"] = function()
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { "x = loa" })
  local raw = {
    insertText = "load(1)",
    range = { start = { line = 0, character = 4 }, ["end"] = { line = 0, character = 6 } },
  }
  local one = item.new(raw, { offset_encoding = "utf-8" }, buffer, 0, 6)
  equal(item.remainder(one, buffer, 0, 6), "ad(1)")
  equal(item.remainder(one, buffer, 0, 7), "d(1)")
  equal(item.remainder(one, buffer, 1, 7), nil)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { "x = lox" })
  equal(item.remainder(one, buffer, 0, 7), nil)
end

M["positions in UTF-16 become bytes"] = function()
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { "é😀x" })
  local _, column = item.place(buffer, { line = 0, character = 3 }, "utf-16")
  equal(column, 6)
  _, column = item.place(buffer, { line = 0, character = 2 }, "utf-32")
  equal(column, 6)
end

return M
