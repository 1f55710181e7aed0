-- VaultConnection and VaultAuth: the operator writes whether it could use them.
local hs = { status = "Progressing", message = "not checked yet" }
if obj.status == nil or obj.status.valid == nil then
  return hs
end
if obj.status.valid then
  hs.status = "Healthy"
  hs.message = ""
else
  hs.status = "Degraded"
  hs.message = obj.status.error or "Vault does not accept it"
end
return hs
