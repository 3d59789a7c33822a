--- Tests in real Neovims: `nvim --clean --headless -l tests/run.lua [name]`.
--- MIDFILL names the program to test with. Exit code 1 when one fails.
local here = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h")
vim.env.MIDFILL_PLUGIN = vim.fn.fnamemodify(here, ":h")
package.path = here .. "/?.lua;" .. vim.env.MIDFILL_PLUGIN .. "/lua/?.lua;" .. package.path
vim.opt.runtimepath:prepend(vim.env.MIDFILL_PLUGIN)

local only = _G.arg and _G.arg[1]
local num_failed, num_passed = 0, 0
for _, file in ipairs({ "units", "typing", "next_edit", "native", "server" }) do
  local names = {}
  local cases = require(file .. "_test")
  for name in pairs(cases) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    if not only or file == only or name:find(only, 1, true) then
      local is_fine, problem = xpcall(cases[name], debug.traceback)
      num_passed, num_failed = num_passed + (is_fine and 1 or 0), num_failed + (is_fine and 0 or 1)
      print(("%s  %s: %s\n"):format(is_fine and "ok  " or "FAIL", file, name))
      if not is_fine then
        print(problem .. "\n")
      end
    end
  end
end
print(("%d passed, %d failed\n"):format(num_passed, num_failed))
os.exit(num_failed == 0 and num_passed > 0 and 0 or 1)
