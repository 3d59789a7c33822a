--- A Neovim of its own that is typed into, as a person would; and waiting for what shows.
local M = {}

local PATIENCE_MS = 30000

---@class Child
---@field job integer

local Child = {}
Child.__index = Child

---@return Child
function M.start()
  -- One that was unpacked beside its own C library is started by a script.
  local nvim = vim.env.MIDFILL_NVIM or vim.v.progpath
  local job = vim.fn.jobstart({ nvim, "--clean", "--embed", "--headless" }, {
    rpc = true,
    env = { NVIM_APPNAME = "midfill-tests" },
  })
  assert(job > 0, "nvim did not start")
  local child = setmetatable({ job = job }, Child)
  child:lua("vim.opt.runtimepath:prepend(...)", vim.env.MIDFILL_PLUGIN)
  child:lua("vim.cmd.runtime('plugin/midfill.lua')")
  child:lua("vim.o.swapfile = false")
  child:lua("vim.o.columns, vim.o.lines = 100, 30")
  child:lua("_G.told = {} vim.notify = function(m, l) table.insert(_G.told, m) end")
  return child
end

function Child:lua(code, ...)
  return vim.rpcrequest(self.job, "nvim_exec_lua", code, { ... })
end

---@param keys string
function Child:type(keys)
  vim.rpcrequest(self.job, "nvim_input", keys)
end

--- Wait until Lua code in the child returns something true; that, or an error with what it saw.
---@param code string
---@param what string
function Child:wait(code, what)
  local seen
  local is_there = vim.wait(PATIENCE_MS, function()
    seen = self:lua(code)
    return seen ~= nil and seen ~= false and seen ~= vim.NIL
  end, 20)
  if not is_there then
    local state = self:lua([[
      return vim.inspect({ lines = vim.api.nvim_buf_get_lines(0, 0, -1, false), told = _G.told,
        mode = vim.fn.mode(), status = require("midfill.client").status,
        messages = vim.fn.execute("messages") })
    ]])
    error(("%s: not within %d ms; %s"):format(what, PATIENCE_MS, state), 2)
  end
  return seen
end

---@return string[]
function Child:lines()
  return self:lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)")
end

--- The virtual text of a namespace, lines joined; nil when there is none.
---@param namespace string?
---@return string?
function Child:ghost(namespace)
  local shown = self:lua(
    [[
    local marks = vim.api.nvim_buf_get_extmarks(
      0, vim.api.nvim_create_namespace(...), 0, -1, { details = true })
    local shown = {}
    for _, mark in ipairs(marks) do
      local details = mark[4]
      for _, chunk in ipairs(details.virt_text or {}) do table.insert(shown, chunk[1]) end
      for _, line in ipairs(details.virt_lines or {}) do table.insert(shown, "\n" .. line[1][1]) end
    end
    return #shown > 0 and table.concat(shown) or nil
  ]],
    namespace or "midfill.ghost"
  )
  return shown ~= vim.NIL and shown or nil
end

--- What the first lines of the screen show, as it is drawn; spaces at their ends are left out.
---@param count integer
---@return string
function Child:screen(count)
  return self:lua(
    [[
    vim.cmd.redraw()
    local lines = {}
    for row = 1, ... do
      local cells = {}
      for column = 1, vim.o.columns do
        table.insert(cells, vim.fn.screenstring(row, column))
      end
      table.insert(lines, (table.concat(cells):gsub("%s+$", "")))
    end
    return table.concat(lines, "\n")
  ]],
    count
  )
end

--- Wait until ghost text is there, and is the one given.
---@param wanted string?
function Child:wait_ghost(wanted)
  local code = [[
    local namespace = vim.api.nvim_create_namespace("midfill.ghost")
    local marks = vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })
    for _, mark in ipairs(marks) do
      local chunk = (mark[4].virt_text or {})[1]
      if chunk and (%s) then return true end
    end
  ]]
  local condition = wanted and ("chunk[1] == %q"):format(wanted) or "true"
  self:wait(code:format(condition), "ghost text " .. (wanted or ""))
end

--- Open a file with the plugin set up.
---@param path string
---@param options table
function Child:open(path, options)
  self:lua("vim.cmd.edit(...)", path)
  self:lua("require('midfill').setup(...)", options)
end

function Child:stop()
  pcall(
    vim.rpcrequest,
    self.job,
    "nvim_exec_lua",
    "require('midfill.client').is_stopping = true",
    {}
  )
  vim.rpcnotify(self.job, "nvim_command", "qall!")
  if vim.fn.jobwait({ self.job }, 10000)[1] == -1 then
    vim.fn.jobstop(self.job)
  end
end

return M
