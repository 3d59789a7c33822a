-- Loaded once by Neovim: only the command; everything else waits for setup().
if vim.g.loaded_midfill then
  return
end
vim.g.loaded_midfill = true

vim.api.nvim_create_user_command("Midfill", function(command)
  require("midfill.commands").run(command.fargs)
end, {
  nargs = "+",
  desc = "Code infilling by Midfill",
  complete = function(typed, line)
    return require("midfill.commands").complete(typed, line)
  end,
})
