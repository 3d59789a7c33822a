--- How long a fresh installation takes to its first proposal, with the model that ships:
--- `nvim --clean --headless -l tests/first.lua FILE LINE`; it types at the end of the line.
--- Prints seconds from the opening of the file. No test: it says how fast this machine is.
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

local child = Child.start()
local started = vim.uv.hrtime()
local function note(what)
  print(("%5.1f s  %s\n"):format((vim.uv.hrtime() - started) / 1e9, what))
end
child:open(path, {
  cmd = { vim.env.MIDFILL or "midfill", "lsp" },
  settings = { mode = "eager" },
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
