--- What the user may set, with a check for each name: a wrong one is told, never dropped.
local M = {}

---@class (exact) midfill.Keys
---@field accept string|false
---@field accept_word string|false
---@field accept_line string|false
---@field next string|false another candidate
---@field dismiss string|false
---@field next_edit string|false normal mode: jump to the next edit, then make it

---@class (exact) midfill.Config
---@field cmd string[] how the server is started
---@field settings table<string, any> the server's own settings, by the names of docs/protocol.md
---@field auto boolean propose while typing; otherwise only when asked
---@field native boolean use vim.lsp.inline_completion where Neovim has it (0.12)
---@field next_edits boolean look for a next edit when insert mode is left
---@field languages table<string, boolean> by filetype; `["*"]` is for all that are not named
---@field disabled_folders string[] nothing is proposed for files below these
---@field root_markers string[] what the top of a project holds
---@field keys midfill.Keys

---@type midfill.Config
M.defaults = {
  cmd = { "midfill", "lsp" },
  settings = {},
  auto = true,
  native = true,
  next_edits = true,
  languages = { ["*"] = true, gitcommit = false, help = false },
  disabled_folders = {},
  root_markers = { ".midfill.toml", ".git", "pyproject.toml", "package.json", "Cargo.toml" },
  keys = {
    accept = "<Tab>",
    accept_word = "<M-w>",
    accept_line = "<M-l>",
    next = "<M-]>",
    dismiss = "<C-]>",
    next_edit = "<M-n>",
  },
}

---@type midfill.Config
M.current = vim.deepcopy(M.defaults)

-- Tables whose keys are the user's own.
local OPEN = { settings = true, languages = true }

---@param key string
---@param value any
---@param default any
---@return string? problem
local function problem_of(key, value, default)
  local type_wanted = type(default)
  if key:match("^keys%.") then
    if value ~= false and type(value) ~= "string" then
      return ("%s must be a string or false, not %s"):format(key, vim.inspect(value))
    end
  elseif type(value) ~= type_wanted then
    return ("%s must be a %s, not %s"):format(key, type_wanted, vim.inspect(value))
  end
end

---@param options table
---@param defaults table
---@param prefix string
---@return string[] problems
local function problems_of(options, defaults, prefix)
  local problems = {}
  for key, value in pairs(options) do
    local name = prefix .. tostring(key)
    local default = defaults[key]
    if default == nil then
      local valid = vim.tbl_keys(defaults)
      table.sort(valid)
      table.insert(
        problems,
        ("unknown option %s (valid: %s)"):format(name, table.concat(valid, ", "))
      )
    else
      local problem = problem_of(name, value, default)
      if problem then
        table.insert(problems, problem)
      elseif
        type(value) == "table"
        and not OPEN[name]
        and next(default) ~= nil
        and not vim.islist(default)
      then
        vim.list_extend(problems, problems_of(value, default, name .. "."))
      end
    end
  end
  return problems
end

--- Take the user's options; what is wrong is returned and left out as a whole.
---@param options table?
---@return string[] problems
function M.set(options)
  options = options or {}
  local problems = problems_of(options, M.defaults, "")
  if #problems == 0 then
    M.current = vim.tbl_deep_extend("force", vim.deepcopy(M.defaults), options)
    -- A list is replaced, never merged by index.
    for key, value in pairs(options) do
      if type(value) == "table" and vim.islist(value) then
        M.current[key] = vim.deepcopy(value)
      end
    end
  end
  return problems
end

--- Whether anything is proposed in a buffer, and if not, why.
---@param buffer integer
---@return boolean is_enabled
---@return string reason
function M.allows(buffer)
  if vim.b[buffer].midfill == false then
    return false, "b:midfill is false"
  end
  if vim.bo[buffer].buftype ~= "" then
    return false, "this is no file but a " .. vim.bo[buffer].buftype .. " buffer"
  end
  local filetype = vim.bo[buffer].filetype
  local allowed = M.current.languages[filetype]
  if allowed == nil then
    allowed = M.current.languages["*"] ~= false
  end
  if not allowed then
    return false, ("languages.%s is false"):format(filetype == "" and '["*"]' or filetype)
  end
  local path = vim.fs.normalize(vim.api.nvim_buf_get_name(buffer))
  for _, folder in ipairs(M.current.disabled_folders) do
    local top = vim.fs.normalize(folder):gsub("/$", "")
    if path:sub(1, #top + 1) == top .. "/" then
      return false, "disabled_folders holds " .. folder
    end
  end
  return true, ""
end

return M
