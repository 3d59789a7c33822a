--- Midfill in Neovim: ghost text, parts of it by a key, next edits. See |midfill.txt|.
local client = require("midfill.client")
local config = require("midfill.config")
local findings = require("midfill.findings")
local ghost = require("midfill.ghost")
local native = require("midfill.native")
local next_edit = require("midfill.next_edit")

local M = {}

M.is_enabled = false

---@return boolean
function M.is_native()
  -- Neovim's own client always asks while typing.
  return config.current.native and config.current.auto and native.exists()
end

--- The part that draws: Neovim's own (0.12) or ours.
---@return table
local function drawer()
  return M.is_native() and native or ghost
end

local function define_highlights()
  vim.api.nvim_set_hl(0, "MidfillGhost", { link = "Comment", default = true })
  vim.api.nvim_set_hl(0, "MidfillAdded", { link = "DiffAdd", default = true })
  vim.api.nvim_set_hl(0, "MidfillRemoved", { strikethrough = true, default = true })
end

--- Map a key in insert mode to an action; where there is nothing to act on it stays what it was.
---@param key string|false
---@param name string
---@param action fun(): boolean?
local function map_insert(key, name, action)
  if not key then
    return
  end
  local before = vim.fn.maparg(key, "i", false, true)
  vim.keymap.set("i", key, function()
    if action() then
      return
    end
    -- In front of what was typed meanwhile.
    if before.callback then
      local keys = before.callback()
      if before.expr == 1 and keys then
        vim.api.nvim_feedkeys(vim.keycode(keys), "in", false)
      end
    elseif before.rhs and before.rhs ~= "" then
      vim.api.nvim_feedkeys(vim.keycode(before.rhs), before.noremap == 1 and "in" or "im", false)
    else
      vim.api.nvim_feedkeys(vim.keycode(key), "in", false)
    end
  end, { desc = "Midfill: " .. name })
end

local function map_keys()
  local keys = config.current.keys
  map_insert(keys.accept, "accept", M.accept)
  map_insert(keys.accept_word, "accept a word", M.accept_word)
  map_insert(keys.accept_line, "accept a line", M.accept_line)
  map_insert(keys.next, "another candidate", function()
    drawer().next()
    return true
  end)
  map_insert(keys.dismiss, "dismiss", M.dismiss)
  if keys.next_edit then
    vim.keymap.set("n", keys.next_edit, M.next_edit, { desc = "Midfill: next edit" })
  end
end

---@param event { buf: integer }
local function attach(event)
  if M.is_enabled and config.allows(event.buf) then
    if client.start(event.buf) and M.is_native() then
      native.enable(event.buf, true)
    end
  end
end

---@param event { buf: integer }
local function leave_insert(event)
  ghost.leave(event.buf)
  client.note_last_request(event.buf)
  if M.is_enabled and config.current.next_edits then
    next_edit.ask(event.buf, false)
  end
end

local RESTED_MS = 100
local resting = 0

--- Tell the server where the cursor is once it rests there: it reads ahead. CursorHold comes too
--- late for that: after four seconds, unless 'updatetime' is set.
---@param event { buf: integer }
local function rest(event)
  resting = resting + 1
  local number = resting
  vim.defer_fn(function()
    local is_there = number == resting and event.buf == vim.api.nvim_get_current_buf()
    local server = is_there and M.is_enabled and client.of(event.buf)
    if server then
      local place = vim.lsp.util.make_position_params(0, server.offset_encoding)
      client.notify(server, "textDocument/didFocus", place)
    end
  end, RESTED_MS)
end

local function watch()
  local group = vim.api.nvim_create_augroup("midfill", { clear = true })
  local function on(events, callback)
    vim.api.nvim_create_autocmd(events, { group = group, callback = callback })
  end
  on({ "FileType", "BufEnter" }, attach)
  on("InsertLeave", leave_insert)
  on("ColorScheme", define_highlights)
  -- LspAttach: what was typed while the server started is asked about as soon as it is there.
  on({ "TextChangedI", "CursorMovedI", "InsertEnter", "LspAttach" }, function(event)
    if not M.is_enabled or not vim.fn.mode():match("^[iR]") then
      return
    elseif not M.is_native() then
      ghost.refresh()
    elseif event.event == "LspAttach" then
      native.catch_up()
    end
  end)
  on({ "TextChanged", "TextChangedI" }, function(event)
    next_edit.refresh(event.buf)
  end)
  on("DiagnosticChanged", function(event)
    findings.note(event.buf)
  end)
  on("BufWipeout", function(event)
    findings.forget(event.buf)
  end)
  on({ "BufEnter", "LspAttach", "CursorMoved", "CursorMovedI" }, rest)
  on("VimLeavePre", function()
    client.is_stopping = true
  end)
end

--- Switch everything on. Call it once, in your configuration.
---@param options table? see |midfill-options|
function M.setup(options)
  if vim.fn.has("nvim-0.10") == 0 then
    client.tell("Neovim 0.10 or newer is needed", vim.log.levels.ERROR)
    return
  end
  local problems = config.set(options)
  for _, problem in ipairs(problems) do
    client.tell(problem, vim.log.levels.ERROR)
  end
  define_highlights()
  map_keys()
  watch()
  M.enable()
end

--- Switch a buffer on or off.
---@param buffer integer
---@param is_on boolean
function M.switch(buffer, is_on)
  vim.b[buffer].midfill = is_on
  if is_on then
    attach({ buf = buffer })
  else
    ghost.leave(buffer)
    next_edit.forget(buffer)
    if M.is_native() then
      native.enable(buffer, false)
    end
  end
end

function M.enable()
  M.is_enabled = true
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      attach({ buf = buffer })
    end
  end
end

function M.disable()
  M.is_enabled = false
  ghost.leave(vim.api.nvim_get_current_buf())
  client.stop()
end

--- Propose now, several candidates.
function M.complete()
  if M.is_native() then
    native.complete()
  else
    ghost.ask(true)
  end
end

---@return boolean
function M.accept()
  return drawer().accept()
end

---@return boolean
function M.accept_word()
  return drawer().accept_word()
end

---@return boolean
function M.accept_line()
  return drawer().accept_line()
end

---@return boolean
function M.dismiss()
  if M.is_native() then
    return native.dismiss()
  end
  local is_shown = ghost.is_visible()
  ghost.dismiss()
  return is_shown
end

function M.next_edit()
  if not next_edit.jump_or_make() then
    next_edit.ask(vim.api.nvim_get_current_buf(), true)
  end
end

--- Another alternative of the next edit that is shown, or another one of its places.
function M.other_edit()
  next_edit.go_to_another()
end

--- A word for the status line: "midfill", with a mark while it works or when it cannot.
---@return string
function M.statusline()
  local status = client.status
  if status.busy then
    return "midfill …"
  end
  local marks = { Error = " ✗", Warning = " !", Inactive = " –" }
  return "midfill" .. (marks[status.kind] or "")
end

return M
