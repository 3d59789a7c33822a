--- How long a fresh installation takes to its first proposal, with the model that ships:
--- `nvim --clean --headless -l tests/first.lua FILE LINE`; it types at the end of the line.
--- Prints seconds from the opening of the file, and those of processor time that the server and
--- its engine took of them: the two differ by what else the machine does. No test.
local here = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h")
vim.env.MIDFILL_PLUGIN = vim.fn.fnamemodify(here, ":h")
package.path = here .. "/?.lua;" .. package.path
local Child = require("child")

local source, line = _G.arg[1], tonumber(_G.arg[2])
local folder = vim.fn.tempname()
vim.fn.mkdir(folder, "p")
for _, name in ipairs({ "CACHE", "DATA", "STATE", "CONFIG" }) do
  vim.env[("XDG_%s_HOME"):format(name)] = folder .. "/" .. name
end
local path = folder .. "/" .. vim.fn.fnamemodify(source, ":t")
assert(vim.uv.fs_copyfile(source, path))

local CLOCK_TICKS = 100

---@param pid integer
---@return number seconds of processor time of a process and all below it
local function used(pid)
  local stat = vim.fn.readfile(("/proc/%d/stat"):format(pid))[1]:match("%) (.*)")
  local fields = vim.split(stat, " ")
  local seconds = (tonumber(fields[12]) + tonumber(fields[13])) / CLOCK_TICKS
  for _, below in ipairs(vim.api.nvim_get_proc_children(pid)) do
    seconds = seconds + used(below)
  end
  return seconds
end

local child = Child.start()
local nvim = child:lua("return vim.fn.getpid()")
local started = vim.uv.hrtime()
local function note(what)
  local elapsed = (vim.uv.hrtime() - started) / 1e9
  print(("%5.1f s, %4.1f s used: %s\n"):format(elapsed, used(nvim), what))
end
child:open(path, {
  cmd = { vim.env.MIDFILL or "midfill", "lsp" },
  -- A busy machine must not run out of time.
  settings = { mode = "eager", budgetMs = 30000 },
  native = false,
})
note("file shown")
child:type(("%dGA"):format(line))
child:wait("return require('midfill.client').of(0) ~= nil", "a server")
note("server there")
child:wait_ghost()
note("proposal shown: " .. child:ghost())
child:stop()
vim.fn.delete(folder, "rf")
