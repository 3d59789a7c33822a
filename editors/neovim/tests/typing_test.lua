--- Typing in a real Neovim with the real server behind it (scripted model: it repeats what followed
--- the same words above). The plugin draws; native_test.lua is about Neovim drawing.
local Child = require("child")

local M = {}

local SOURCE = {
  "alpha = load(1, 2)",
  "print(alpha)",
  "",
}

--- Run a case in a child with a file open; the child always ends.
---@param case fun(child: Child)
---@param options table?
local function with_child(case, options)
  local folder = vim.fn.tempname()
  vim.fn.mkdir(folder, "p")
  local path = folder .. "/a.py"
  vim.fn.writefile(SOURCE, path)
  local child = Child.start()
  local midfill = vim.env.MIDFILL or "midfill"
  local defaults = {
    cmd = { midfill, "lsp", "--model", "scripted" },
    settings = { mode = "eager", feedback = false },
    native = false,
  }
  child:open(path, vim.tbl_deep_extend("force", defaults, options or {}))
  local is_fine, problem = xpcall(case, debug.traceback, child)
  child:stop()
  if not is_fine then
    error(problem, 0)
  end
end

local function last_line(child)
  local lines = child:lines()
  return lines[#lines]
end

M["ghost text comes while typing, and a key accepts it"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    child:wait_ghost(" load(1, 2)")
    child:type("<Tab>")
    child:wait("return vim.api.nvim_get_current_line() == 'alpha = load(1, 2)'", "accepted")
    child:type("<Esc>u")
    child:wait("return vim.api.nvim_get_current_line() ~= 'alpha = load(1, 2)'", "undone")
  end)
end

M["the screen shows ghost text where it would stand"] = function()
  with_child(function(child)
    child:type("Goalpha =<CR>print(<Up><End>")
    child:wait_ghost(" load(1, 2)")
    local shown = "alpha = load(1, 2)\nprint(alpha)\n\nalpha = load(1, 2)\nprint(\n~"
    assert(child:screen(6) == shown, child:screen(6))
    child:type(" l")
    child:wait_ghost("oad(1, 2)")
    assert(child:screen(6) == shown, child:screen(6))
    child:type("<C-]>")
    local left = shown:gsub("load%(1, 2%)\nprint%(\n", "l\nprint(\n")
    assert(child:screen(6) == left, child:screen(6))
  end)
end

M["typing what is proposed shrinks it at once"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    child:wait_ghost(" load(1, 2)")
    child:type(" lo")
    child:wait_ghost("ad(1, 2)")
  end)
end

M["a word, then a line, then nothing is left"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    child:wait_ghost(" load(1, 2)")
    child:type("<M-w>")
    child:wait("return vim.api.nvim_get_current_line() == 'alpha = load'", "a word")
    child:wait_ghost("(1, 2)")
    child:type("<M-l>")
    child:wait("return vim.api.nvim_get_current_line() == 'alpha = load(1, 2)'", "a line")
  end)
end

M["the server is told where the cursor rests, so that it reads ahead"] = function()
  with_child(function(child)
    child:wait("return vim.lsp.get_clients({ name = 'midfill', bufnr = 0 })[1] ~= nil", "a server")
    child:lua([[
      local client, places = require("midfill.client"), {}
      local notify = client.notify
      client.notify = function(server, method, params)
        if method == "textDocument/didFocus" then
          table.insert(places, params.position)
        end
        return notify(server, method, params)
      end
      _G.places = places
    ]])
    child:type("ggjll")
    child:wait("return vim.deep_equal(_G.places[#_G.places], { line = 1, character = 2 })", "told")
  end)
end

M["a key without a proposal is what it was"] = function()
  with_child(function(child)
    child:lua("vim.bo.expandtab = true vim.bo.shiftwidth = 4 vim.bo.softtabstop = 4")
    child:type("Go<Tab>zz")
    child:wait("return vim.api.nvim_get_current_line():match('^%s+zz$') ~= nil", "a tab")
  end)
end

M["dismissing hides it, leaving insert mode too"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    child:wait_ghost()
    child:type("<C-]>")
    child:wait(
      [[return #vim.api.nvim_buf_get_extmarks(0,
        vim.api.nvim_create_namespace("midfill.ghost"), 0, -1, {}) == 0]],
      "hidden"
    )
    assert(last_line(child) == "alpha =")
  end)
end

M["a rename that was begun by hand is finished at all places, in one undo step"] = function()
  with_child(function(child)
    child:lua([[vim.api.nvim_buf_set_lines(0, 0, -1, false, {
      "def total(items):", "    return sum(items)", "", "print(total([1]))", "total([2])" })]])
    child:wait(
      [[local client = vim.lsp.get_clients({ name = "midfill", bufnr = 0 })[1]
        return client and client.initialized]],
      "a server"
    )
    child:type("ggwcwamount<Esc>")
    child:wait(
      [[return #vim.api.nvim_buf_get_extmarks(0,
        vim.api.nvim_create_namespace("midfill.next_edit"), 0, -1, {}) > 0]],
      "a preview"
    )
    child:type("<M-n>")
    child:wait("return vim.api.nvim_win_get_cursor(0)[1] == 4", "a jump")
    child:type("<M-n>")
    child:wait(
      [[local lines = vim.api.nvim_buf_get_lines(0, 3, 5, false)
        return lines[1] == "print(amount([1]))" and lines[2] == "amount([2])"]],
      "made at both places"
    )
    child:type("u")
    child:wait(
      [[local lines = vim.api.nvim_buf_get_lines(0, 3, 5, false)
        return lines[1] == "print(total([1]))" and lines[2] == "total([2])"]],
      "undone at both places"
    )
  end)
end

M["the editor's own rename changes all places, and one undo step all back"] = function()
  with_child(function(child)
    child:lua([[vim.api.nvim_buf_set_lines(0, 0, -1, false, {
      "def total(items):", "    return sum(items)", "", "print(total([1]))", "total([2])" })]])
    child:wait(
      [[return #vim.lsp.get_clients({ bufnr = 0, method = "textDocument/rename" }) > 0]],
      "a server that renames"
    )
    child:lua([[
      vim.api.nvim_win_set_cursor(0, { 1, 4 })
      vim.lsp.buf.rename("amount", { name = "midfill" })
    ]])
    local places = [[local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
      return select(2, text:gsub("%s", "")) == 3]]
    child:wait(places:format("amount"), "renamed at all places")
    child:type("u")
    child:wait(places:format("total"), "undone at all places")
  end)
end

M["nothing is proposed in a language that is switched off"] = function()
  with_child(function(child)
    child:type("Goalpha =")
    vim.wait(1500)
    assert(child:ghost() == nil)
    assert(child:lua("return #vim.lsp.get_clients({ name = 'midfill' })") == 0)
  end, { languages = { python = false } })
end

return M
