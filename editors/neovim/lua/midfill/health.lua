--- :checkhealth midfill
local client = require("midfill.client")
local config = require("midfill.config")

local M = {}

---@param command string[]
---@return boolean is_fine, string output
local function run(command)
  local done = vim.system(command, { text = true, timeout = 60000 }):wait()
  return done.code == 0, vim.trim((done.stdout or "") .. (done.stderr or ""))
end

local function check_server()
  local program = config.current.cmd[1]
  if vim.fn.executable(program) == 0 then
    vim.health.error(program .. " is not in PATH", {
      "pip install midfill (in an environment of its own: pipx install midfill)",
      "or set cmd in require('midfill').setup({ cmd = { '/path/to/midfill', 'lsp' } })",
    })
    return
  end
  local is_fine, version = run({ program, "--version" })
  if not is_fine then
    vim.health.error(program .. " does not run: " .. version)
    return
  end
  if version:match("%d+%.%d+") == client.VERSION:match("^%d+%.%d+") then
    vim.health.ok(version)
  else
    vim.health.warn(
      ("%s, but this plugin is %s"):format(version, client.VERSION),
      { "install the same version of both" }
    )
  end
  local is_sound, report = run({ program, "doctor" })
  local tell = is_sound and vim.health.ok or vim.health.error
  tell("midfill doctor:\n" .. report)
end

local function check_editor()
  if vim.fn.has("nvim-0.10") == 0 then
    vim.health.error("Neovim 0.10 or newer is needed")
  elseif require("midfill").is_native() then
    vim.health.ok("Neovim draws the ghost text itself (vim.lsp.inline_completion)")
  else
    vim.health.ok("the plugin draws the ghost text itself")
  end
  local num_clients = #vim.lsp.get_clients({ name = client.NAME })
  vim.health.info(("%d server(s) running; status: %s"):format(num_clients, client.status.kind))
end

function M.check()
  vim.health.start("midfill")
  check_editor()
  check_server()
end

return M
