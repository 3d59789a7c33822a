--- Next edits by their kind, and what other tools found wrong.
local Child = require("child")

local M = {}

---@param lines string[]
---@param case fun(child: Child)
local function with_lines(lines, case)
  local path = vim.fn.tempname() .. ".py"
  vim.fn.writefile(lines, path)
  local child = Child.start()
  child:open(path, {
    cmd = { vim.env.MIDFILL or "midfill", "lsp", "--model", "scripted" },
    settings = { mode = "eager", feedback = false },
    native = false,
  })
  local is_fine, problem = xpcall(function()
    child:wait(
      [[local client = vim.lsp.get_clients({ name = "midfill", bufnr = 0 })[1]
        return client and client.initialized]],
      "a server"
    )
    case(child)
  end, debug.traceback)
  child:stop()
  if not is_fine then
    error(problem, 0)
  end
end

local NUM_SHOWN = [[#vim.api.nvim_buf_get_extmarks(0,
  vim.api.nvim_create_namespace("midfill.next_edit"), 0, -1, { type = "highlight" })]]

---@param child Child
---@param count integer
local function wait_shown(child, count)
  child:wait(("return %s == %d"):format(NUM_SHOWN, count), count .. " edits shown")
end

---@param child Child
---@param lines string[]
local function wait_lines(child, lines)
  child:wait(
    ("return vim.deep_equal(vim.api.nvim_buf_get_lines(0, 0, -1, false), %s)"):format(
      vim.inspect(lines)
    ),
    "the lines " .. table.concat(lines, "|")
  )
end

M["places that stand for themselves are made one by one"] = function()
  local before = { "def f(x, y):", "    return x", "", "f(1, 2)", "f(2, 3)" }
  with_lines(before, function(child)
    child:type("gg0f,3x")
    child:wait("return vim.fn.getline(1) == 'def f(x):'", "the change")
    child:lua("require('midfill').next_edit()")
    wait_shown(child, 2)
    child:type("<M-n>")
    child:wait("return vim.api.nvim_win_get_cursor(0)[1] == 4", "a jump")
    child:lua("vim.cmd('Midfill other')")
    child:wait("return vim.api.nvim_win_get_cursor(0)[1] == 5", "a jump to the other place")
    child:type("<M-n>")
    wait_lines(child, { "def f(x):", "    return x", "", "f(1, 2)", "f(2)" })
    wait_shown(child, 1)
    child:type("<M-n>")
    child:wait("return vim.api.nvim_win_get_cursor(0)[1] == 4", "a jump to what is left")
    child:type("<M-n>")
    wait_lines(child, { "def f(x):", "    return x", "", "f(1)", "f(2)" })
    wait_shown(child, 0)
    assert(child:lua("return #_G.told") == 0, "the server was told once that it was accepted")
  end)
end

-- The server makes no alternatives yet; others that speak its method do.
M["of alternatives one is shown, and made"] = function()
  with_lines({ "x = old", "y = 2" }, function(child)
    child:lua([[
      local client = vim.lsp.get_clients({ name = "midfill", bufnr = 0 })[1]
      local range = { start = { line = 0, character = 4 }, ["end"] = { line = 0, character = 7 } }
      require("midfill.next_edit").present(vim.api.nvim_get_current_buf(), client, {
        edits = { { range = range, text = "first" }, { range = range, text = "second" } },
      })
    ]])
    wait_shown(child, 1)
    assert(child:ghost("midfill.next_edit") == "first")
    child:lua("vim.cmd('Midfill other')")
    assert(child:ghost("midfill.next_edit") == "second")
    child:type("<M-n>")
    wait_lines(child, { "x = second", "y = 2" })
    wait_shown(child, 0)
  end)
end

M["what belongs together is not made when a part of it is elsewhere"] = function()
  with_lines({ "x = old" }, function(child)
    child:lua([[
      local client = vim.lsp.get_clients({ name = "midfill", bufnr = 0 })[1]
      local range = { start = { line = 0, character = 4 }, ["end"] = { line = 0, character = 7 } }
      local function edit(uri)
        return { range = range, text = "new", textDocument = { uri = uri, version = 1 } }
      end
      require("midfill.next_edit").present(vim.api.nvim_get_current_buf(), client, {
        edits = { edit(vim.uri_from_bufnr(0)), edit("file:///elsewhere.py") },
        midfill = { kind = "atomic" },
      })
    ]])
    assert(child:lua("return " .. NUM_SHOWN) == 0)
  end)
end

M["what another tool found wrong near the edit is mended"] = function()
  with_lines({ "größe = 1", "print(größe)", "print(größ)" }, function(child)
    child:lua([[
      vim.diagnostic.set(vim.api.nvim_create_namespace("linter"), 0, {
        { lnum = 2, col = 6, end_col = 12, message = "undefined name", severity = 1 },
        { lnum = 0, col = 0, end_col = 3, message = "a hint", severity = 4 },
      })
    ]])
    child:type("gg$r2")
    child:wait("return vim.fn.getline(1) == 'größe = 2'", "the change")
    child:lua("require('midfill').next_edit()")
    wait_shown(child, 1)
    child:type("<M-n>")
    child:wait("return vim.api.nvim_win_get_cursor(0)[1] == 3", "a jump")
    child:type("<M-n>")
    wait_lines(child, { "größe = 2", "print(größe)", "print(größe)" })
  end)
end

M["what was found in a line that was edited since is not sent"] = function()
  with_lines({ "a = 1", "b = a", "c = d" }, function(child)
    local found = child:lua([[
      local space = vim.api.nvim_create_namespace("linter")
      vim.diagnostic.set(space, 0, {
        { lnum = 1, col = 4, end_col = 5, message = "one" },
        { lnum = 2, col = 4, end_col = 5, message = "two" },
      })
      vim.api.nvim_buf_set_lines(0, 1, 2, false, { "b = 2" })
      return require("midfill.findings").of(vim.api.nvim_get_current_buf(), "utf-16")
    ]])
    assert(#found == 1 and found[1].message == "two", vim.inspect(found))
  end)
end

return M
