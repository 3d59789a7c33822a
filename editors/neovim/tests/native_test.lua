--- Neovim 0.12 asks and draws by itself (vim.lsp.inline_completion); the plugin's keys work on it.
local Child = require("child")

local M = {}

if not vim.lsp.inline_completion then
  return M
end

local NAMESPACE = "nvim.lsp.inline_completion"

---@param case fun(child: Child)
local function with_child(case)
  local path = vim.fn.tempname() .. ".py"
  vim.fn.writefile({ "alpha = load(1, 2)", "print(alpha)", "" }, path)
  local child = Child.start()
  child:open(path, {
    cmd = { vim.env.MIDFILL or "midfill", "lsp", "--model", "scripted" },
    settings = { mode = "eager", feedback = false },
    next_edits = false,
  })
  local is_fine, problem = xpcall(case, debug.traceback, child)
  child:stop()
  if not is_fine then
    error(problem, 0)
  end
end

---@param child Child
---@param wanted string
local function wait_shown(child, wanted)
  child:wait(
    ([[
    local namespace = vim.api.nvim_create_namespace(%q)
    local marks = vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })
    return #marks == 1 and marks[1][4].virt_text[1][1] == %q]]):format(NAMESPACE, wanted),
    "Neovim's ghost text " .. wanted
  )
end

---@param child Child
local function wait_nothing_shown(child)
  child:wait(
    ([[local namespace = vim.api.nvim_create_namespace(%q)
      return #vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, {}) == 0]]):format(NAMESPACE),
    "no ghost text"
  )
end

---@param child Child
---@param wanted string
local function wait_line(child, wanted)
  child:wait(("return vim.api.nvim_get_current_line() == %q"):format(wanted), wanted)
end

--- Wait until the server has refused for a reason, as the status tells.
---@param child Child
---@param reason string
local function wait_reason(child, reason)
  child:wait(
    ("return vim.startswith(require('midfill.client').status.message, %q)"):format(reason),
    reason
  )
end

M["Neovim draws the ghost text, and a key accepts it"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    wait_shown(child, " load(1, 2)")
    assert(child:ghost() == nil, "the plugin draws nothing")
    child:type("<Tab>")
    wait_line(child, "alpha = load(1, 2)")
    wait_nothing_shown(child)
  end)
end

M["a word, then a line, is taken of it"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    wait_shown(child, " load(1, 2)")
    child:type("<M-w>")
    wait_line(child, "alpha = load")
    wait_shown(child, "(1, 2)")
    child:type("<M-l>")
    wait_line(child, "alpha = load(1, 2)")
  end)
end

M["what was typed along is not written a second time"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    wait_shown(child, " load(1, 2)")
    child:type(" lo<Tab>")
    wait_line(child, "alpha = load(1, 2)")
  end)
end

M["dismissing hides it, and it is not proposed there again"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    wait_shown(child, " load(1, 2)")
    child:type("<C-]>")
    wait_nothing_shown(child)
    wait_line(child, "alpha =")
    child:type("<Esc>")
    child:wait("return vim.fn.mode() == 'n'", "normal mode")
    child:type("a")
    wait_reason(child, "REJECTED_BEFORE")
    wait_nothing_shown(child)
  end)
end

M["asked by hand it shows one of several candidates"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    wait_shown(child, " load(1, 2)")
    child:type("<C-]>")
    wait_nothing_shown(child)
    child:lua("require('midfill').complete()")
    wait_shown(child, " load(1, 2)")
  end)
end

M["a buffer that is switched off is left alone, until it is switched on"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    wait_shown(child, " load(1, 2)")
    child:lua("vim.cmd('Midfill buffer')")
    wait_nothing_shown(child)
    child:lua("vim.cmd('Midfill buffer')")
    child:type("<BS>=")
    wait_shown(child, " load(1, 2)")
  end)
end

return M
