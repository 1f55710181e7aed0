-- VaultStaticSecret and VaultDynamicSecret: a newer operator writes the condition Ready. An older one writes which
-- generation it has synced, and only after the Secret is there.
local hs = { status = "Progressing", message = "no Secret yet" }
local status = obj.status
if status == nil then
  return hs
end
if status.conditions ~= nil then
  for _, condition in ipairs(status.conditions) do
    if condition.type == "Ready" then
      hs.message = condition.message or ""
      if condition.status == "True" then
        hs.status = "Healthy"
      elseif condition.status == "False" then
        hs.status = "Degraded"
      end
      return hs
    end
  end
end
local generation = status.lastGeneration
if generation ~= nil and generation > 0 and generation >= (obj.metadata.generation or 0) then
  hs.status = "Healthy"
  hs.message = ""
end
return hs
