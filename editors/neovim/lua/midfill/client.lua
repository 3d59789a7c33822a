--- The language server: started once a project, spoken to by plain requests.
local config = require("midfill.config")

local M = {}

M.NAME = "midfill"
--- The version of this plugin; the server has the same.
M.VERSION = "0.1.0"

---@class midfill.Status
---@field busy boolean
---@field kind "Normal"|"Warning"|"Error"|"Inactive"
---@field message string

---@type midfill.Status
M.status = { busy = false, kind = "Inactive", message = "not started" }

---@param message string
---@param level integer?
function M.tell(message, level)
  vim.notify("Midfill: " .. message, level or vim.log.levels.INFO)
end

---@param result table what the server said to initialize
local function check_version(result)
  local version = vim.tbl_get(result or {}, "serverInfo", "version")
  local minor = M.VERSION:match("^%d+%.%d+")
  if type(version) ~= "string" then
    M.tell("the server does not say its version", vim.log.levels.WARN)
  elseif version:match("^%d+%.%d+") ~= minor then
    M.tell(
      ("the server is %s, this plugin %s; install the same: pip install 'midfill==%s.*'"):format(
        version,
        M.VERSION,
        minor
      ),
      vim.log.levels.WARN
    )
  end
end

---@return table
local function capabilities()
  local own = vim.lsp.protocol.make_client_capabilities()
  own.textDocument.inlineCompletion = { dynamicRegistration = false }
  -- An item's command tells the server that it was accepted, and makes its further places.
  own.workspace.executeCommand = { dynamicRegistration = false }
  return own
end

---@param buffer integer
---@return string?
local function root_of(buffer)
  return vim.fs.root(buffer, config.current.root_markers)
end

--- Start the server for a buffer, or attach the one of its project.
---@param buffer integer
---@return integer? client_id nil when it cannot be started
function M.start(buffer)
  if vim.fn.executable(config.current.cmd[1]) == 0 then
    local message = ("%s is not in PATH; install it (pip install midfill) or set cmd"):format(
      config.current.cmd[1]
    )
    if M.status.message ~= message then
      M.status = { busy = false, kind = "Error", message = message }
      M.tell(message, vim.log.levels.ERROR)
    end
    return nil
  end
  return vim.lsp.start({
    name = M.NAME,
    cmd = config.current.cmd,
    root_dir = root_of(buffer),
    capabilities = capabilities(),
    init_options = vim.tbl_extend("force", config.current.settings, { statusNotifications = true }),
    settings = { midfill = config.current.settings },
    flags = { debounce_text_changes = 0 },
    on_init = function(_, result)
      check_version(result)
    end,
    on_exit = function(code, signal)
      M.on_exit(code, signal)
    end,
    handlers = {
      didChangeStatus = function(_, status)
        M.status = status
        vim.schedule(function()
          vim.cmd.redrawstatus()
        end)
      end,
    },
  }, { bufnr = buffer })
end

-- A server that ends by itself is started again, later each time; ending it on purpose is no crash.
M.is_stopping = false
local num_crashes = 0
local MAX_CRASHES = 5

---@param code integer
---@param signal integer
function M.on_exit(code, signal)
  if M.is_stopping or vim.v.exiting ~= vim.NIL then
    return
  end
  num_crashes = num_crashes + 1
  M.last_request = nil
  local message = ("the server ended (code %d, signal %d)"):format(code, signal)
  M.status = { busy = false, kind = "Error", message = message }
  vim.schedule(function()
    if num_crashes > MAX_CRASHES then
      M.tell(message .. ", again and again; :Midfill restart tries once more", vim.log.levels.ERROR)
      return
    end
    if num_crashes == 1 then
      M.tell(message .. "; it is being started again", vim.log.levels.WARN)
    end
    vim.defer_fn(M.start_for_all, 250 * 2 ^ (num_crashes - 1))
  end)
end

--- Start for every loaded buffer that may have proposals.
function M.start_for_all()
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and config.allows(buffer) then
      M.start(buffer)
    end
  end
end

--- End all servers; `after` is called when they are gone.
---@param after fun()?
function M.stop(after)
  M.is_stopping = true
  local clients = vim.lsp.get_clients({ name = M.NAME })
  for _, client in ipairs(clients) do
    vim.lsp.stop_client(client.id)
  end
  M.status = { busy = false, kind = "Inactive", message = "stopped" }
  local function wait(num_left)
    if num_left > 0 and #vim.lsp.get_clients({ name = M.NAME }) > 0 then
      return vim.defer_fn(function()
        wait(num_left - 1)
      end, 50)
    end
    M.is_stopping = false
    M.last_request = nil
    num_crashes = 0
    if after then
      after()
    end
  end
  wait(100)
end

--- The server that a buffer is attached to.
---@param buffer integer
---@return vim.lsp.Client?
function M.of(buffer)
  return vim.lsp.get_clients({ name = M.NAME, bufnr = buffer })[1]
end

-- Neovim 0.11 made the client's functions methods; 0.10 has plain functions.
local HAS_METHODS = vim.fn.has("nvim-0.11") == 1

---@param client vim.lsp.Client
---@param method string
---@param params table
---@param handler fun(err: table?, result: any)
---@param buffer integer
---@return integer? request_id
function M.request(client, method, params, handler, buffer)
  local is_sent, id
  if HAS_METHODS then
    is_sent, id = client:request(method, params, handler, buffer)
  else
    is_sent, id = client.request(method, params, handler, buffer)
  end
  return is_sent and id or nil
end

---@param client vim.lsp.Client
---@param method string
---@param params table
function M.notify(client, method, params)
  if HAS_METHODS then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

---@param client vim.lsp.Client
---@param id integer
function M.cancel(client, id)
  if HAS_METHODS then
    client:cancel_request(id)
  else
    client.cancel_request(id)
  end
end

-- The request that was answered last in insert mode, by its server's id.
---@type string?
M.last_request = nil

--- Remember which request was the last one: next edits, asked for when insert mode is left, follow.
---@param buffer integer
function M.note_last_request(buffer)
  local server = M.of(buffer)
  if server then
    M.request(server, "midfill/trace", vim.empty_dict(), function(_, trace)
      M.last_request = trace and trace.id
    end, buffer)
  end
end

--- Run a command that came with an item.
---@param client vim.lsp.Client
---@param command table
---@param buffer integer
function M.execute(client, command, buffer)
  local params = { command = command.command, arguments = command.arguments }
  M.request(client, "workspace/executeCommand", params, function(err)
    if err then
      M.tell(err.message, vim.log.levels.WARN)
    end
  end, buffer)
end

return M
