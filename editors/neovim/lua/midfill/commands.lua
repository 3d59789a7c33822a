--- The command :Midfill and what it can do.
local client = require("midfill.client")
local config = require("midfill.config")

local M = {}

---@param handle fun(trace: table)
local function with_trace(handle)
  local buffer = vim.api.nvim_get_current_buf()
  local server = client.of(buffer)
  if not server then
    local is_allowed, reason = config.allows(buffer)
    client.tell(is_allowed and client.status.message or reason, vim.log.levels.WARN)
    return
  end
  local is_typing = vim.fn.mode():match("^[iR]")
  local params = vim.empty_dict()
  if not is_typing then
    params.id = client.last_request
  end
  client.request(server, "midfill/trace", params, function(err, trace)
    if err then
      client.tell(err.message, vim.log.levels.WARN)
    else
      handle(trace)
    end
  end, buffer)
end

local function why()
  with_trace(function(trace)
    local outcome = trace.outcome
    local total = trace.timings_ms and trace.timings_ms.total
    local took = total and (" after %d ms"):format(total) or ""
    if outcome.outcome == "proposal" then
      client.tell(("proposed with confidence %.2f%s"):format(outcome.confidence, took))
    else
      client.tell(("%s: %s%s"):format(outcome.reason, outcome.detail or "", took))
    end
  end)
end

--- A step's texts as one line; what is still masked is shown as blocks.
---@param step table
---@return string
local function line_of(step)
  local holes = {}
  for hole, texts in ipairs(step.texts) do
    local pieces = {}
    for position, text in ipairs(texts) do
      local is_masked = step.states[hole][position] == "MASKED"
      pieces[#pieces + 1] = is_masked and "░" or text:gsub("\n", "⏎")
    end
    holes[#holes + 1] = table.concat(pieces)
  end
  return table.concat(holes, "  │  ")
end

local function trace()
  with_trace(function(record)
    local lines = { "# " .. (record.id or "") .. "  " .. (record.uri or ""), "" }
    for number, step in ipairs(record.steps) do
      lines[#lines + 1] = ("%2d  %6.1f ms  %s"):format(number, step.elapsed_ms, line_of(step))
    end
    lines[#lines + 1] = ""
    local shown = { timings_ms = record.timings_ms, outcome = record.outcome, plan = record.plan }
    vim.list_extend(lines, vim.split(vim.inspect(shown), "\n"))
    vim.cmd("botright new")
    vim.api.nvim_buf_set_lines(0, 0, -1, false, lines)
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.modifiable = "nofile", "wipe", false
  end)
end

---@type table<string, fun()>
M.actions = {
  enable = function()
    require("midfill").enable()
  end,
  disable = function()
    require("midfill").disable()
  end,
  toggle = function()
    local midfill = require("midfill")
    if midfill.is_enabled then
      midfill.disable()
    else
      midfill.enable()
    end
  end,
  buffer = function()
    require("midfill").switch(vim.api.nvim_get_current_buf(), vim.b.midfill == false)
    client.tell(vim.b.midfill and "on in this buffer" or "off in this buffer")
  end,
  status = function()
    local status = client.status
    client.tell(status.message ~= "" and status.message or "ready")
  end,
  restart = function()
    client.stop(client.start_for_all)
  end,
  complete = function()
    require("midfill").complete()
  end,
  next = function()
    require("midfill").next_edit()
  end,
  other = function()
    require("midfill").other_edit()
  end,
  why = why,
  trace = trace,
}

---@param arguments string[]
function M.run(arguments)
  local action = M.actions[arguments[1]]
  if not action or arguments[2] then
    local valid = table.concat(M.complete("", ""), ", ")
    client.tell(
      (":Midfill %s is not known; use one of: %s"):format(table.concat(arguments, " "), valid),
      vim.log.levels.ERROR
    )
    return
  end
  action()
end

---@param typed string
---@param line string
---@return string[]
function M.complete(typed, line)
  if line:match("^%s*%S+%s+%S+%s") then
    return {}
  end
  local names = vim.tbl_filter(function(name)
    return vim.startswith(name, typed)
  end, vim.tbl_keys(M.actions))
  table.sort(names)
  return names
end

return M
