-- An Application of which not all objects are there yet may count as healthy. So an Application that syncs by
-- itself has to be synced as well.
local hs = { status = "Progressing", message = "waiting for the first sync" }
local status = obj.status
if status == nil or status.health == nil or status.health.status == nil then
  return hs
end
hs.status = status.health.status
hs.message = status.health.message or ""
local policy = obj.spec.syncPolicy
local automated = policy ~= nil and policy.automated ~= nil and policy.automated.enabled ~= false
local synced = status.sync ~= nil and status.sync.status == "Synced"
if hs.status ~= "Healthy" or synced or not automated then
  return hs
end
hs.status = "Progressing"
hs.message = "not synced"
local phase = status.operationState and status.operationState.phase
if phase == "Failed" or phase == "Error" then
  hs.status = "Degraded"
  hs.message = status.operationState.message or "the sync failed"
end
return hs
