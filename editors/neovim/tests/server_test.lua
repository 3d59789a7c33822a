--- What happens around the server: it is missing, dies, differs, is asked why.
local Child = require("child")

local M = {}

local MIDFILL = vim.env.MIDFILL or "midfill"

---@param case fun(child: Child)
---@param options table
local function with_child(case, options)
  local path = vim.fn.tempname() .. ".py"
  vim.fn.writefile({ "alpha = load(1, 2)", "print(alpha)", "" }, path)
  local child = Child.start()
  child:open(path, options)
  local is_fine, problem = xpcall(case, debug.traceback, child)
  child:stop()
  if not is_fine then
    error(problem, 0)
  end
end

local SCRIPTED = {
  cmd = { MIDFILL, "lsp", "--model", "scripted" },
  settings = { mode = "eager", feedback = false },
  native = false,
}

M["a missing program is said once, with the mend"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    vim.wait(300)
    local told = child:lua("return _G.told")
    assert(#told == 1 and told[1]:find("no%-such%-midfill is not in PATH"), vim.inspect(told))
  end, { cmd = { "no-such-midfill" } })
end

M["a server of another version is told, with the mend"] = function()
  local path = vim.fn.tempname() .. ".py"
  vim.fn.writefile({ "" }, path)
  local child = Child.start()
  child:lua("require('midfill.client').VERSION = '9.9.0'")
  child:open(path, SCRIPTED)
  local is_fine, problem = pcall(
    child.wait,
    child,
    [[return vim.iter(_G.told):any(function(m)
      return m:find("this plugin 9.9.0; install the same: pip install 'midfill==9.9.*'", 1, true)
    end)]],
    "the versions"
  )
  child:stop()
  assert(is_fine, problem)
end

M["a server that dies is started again"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    child:wait_ghost(" load(1, 2)")
    child:type("<Esc>")
    child:lua([[
      local client = vim.lsp.get_clients({ name = "midfill" })[1]
      _G.first = client.id
      for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
        vim.uv.kill(pid, "sigkill")
      end
    ]])
    child:wait(
      [[local client = vim.lsp.get_clients({ name = "midfill", bufnr = 0 })[1]
        return client and client.id ~= _G.first and client.initialized]],
      "a new server"
    )
    child:type("ccalpha =")
    child:wait_ghost(" load(1, 2)")
  end, SCRIPTED)
end

M["why and trace tell how it came about"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    child:wait_ghost(" load(1, 2)")
    child:type("<Esc>")
    child:lua("vim.cmd('Midfill why')")
    child:wait(
      "return vim.iter(_G.told):any(function(m) return m:find('proposed with confidence') end)",
      "why"
    )
    -- Leaving insert mode has asked for a next edit; that answer is not the one meant.
    child:lua("_G.told = {}")
    child:wait(
      "return vim.startswith(require('midfill.client').status.message, 'EMPTY')",
      "no next edit"
    )
    child:lua("vim.cmd('Midfill why')")
    child:wait(
      "return vim.iter(_G.told):any(function(m) return m:find('proposed with confidence') end)",
      "why, once more"
    )
    child:lua("vim.cmd('Midfill trace')")
    child:wait("return vim.bo.buftype == 'nofile'", "the trace's window")
    local text = table.concat(child:lines(), "\n")
    assert(text:find("load", 1, true) and text:find("timings_ms", 1, true), text)
  end, SCRIPTED)
end

M["commands complete, and a wrong one names the right ones"] = function()
  with_child(function(child)
    local names = child:lua("return vim.fn.getcompletion('Midfill ', 'cmdline')")
    assert(vim.tbl_contains(names, "restart") and vim.tbl_contains(names, "why"))
    child:lua("vim.cmd('Midfill frobnicate')")
    local told = child:lua("return _G.told")
    assert(told[#told]:find("frobnicate is not known", 1, true), vim.inspect(told))
  end, SCRIPTED)
end

M["checkhealth finds the server and its model"] = function()
  with_child(function(child)
    child:lua("vim.cmd('checkhealth midfill')")
    local text = table.concat(child:lines(), "\n")
    assert(text:find("midfill doctor", 1, true), text)
    assert(not text:find("ERROR", 1, true), text)
  end, SCRIPTED)
end

M["the model that ships answers"] = function()
  with_child(function(child)
    child:type("Goprint(")
    child:wait(
      [[local client = vim.lsp.get_clients({ name = "midfill" })[1]
        if not client or not client.initialized then return false end
        local done = vim.lsp.buf_request_sync(0, "midfill/trace", vim.empty_dict(), 2000)
        local answer = done and done[client.id]
        return answer and answer.result and answer.result.outcome ~= nil]],
      "an answer of the default model"
    )
  end, { cmd = { MIDFILL, "lsp" }, settings = { feedback = false } })
end

return M
