-- What all dissectors that penidl writes share: it finds the DCE/RPC PDUs that Wireshark
-- has seen, and shows their stub data. The first file that is loaded brings it for all.
local VERSION = 3
local SHARED = "penidl dissectors " .. VERSION -- a script's globals are its own
local rpc = package.loaded[SHARED]

local function new_rpc()
  local rpc = { interfaces = {}, streams = {}, records = {} }
  local main = Proto("penidl", "RPC by the tables of penidl")
  local malformed_item = ProtoExpert.new("penidl.malformed", "Malformed stub data",
    expert.group.MALFORMED, expert.severity.ERROR)
  main.experts = { malformed_item }

  ---- what hostile bytes end in ----

  local Malformed = {}
  local function malformed(...)
    error(setmetatable({ text = string.format(...) }, Malformed))
  end

  -- Runs f; what is malformed becomes an item of the tree.
  local function guard(tree, f, ...)
    local good, problem = pcall(f, ...)
    if good then return end
    local text = getmetatable(problem) == Malformed and problem.text or "internal: " .. tostring(problem)
    tree:add_proto_expert_info(malformed_item, text)
  end

  rpc.malformed, rpc.guard = malformed, guard
  add_walker(rpc)
  add_associations(rpc)

  ---- Wireshark ----

  local version_field = Field.new("dcerpc.ver")
  local stream_field = Field.new("tcp.stream")
  local function optional_field(name)
    local good, field = pcall(Field.new, name)
    return good and field or function() end
  end
  local fid_field = optional_field("smb2.fid")

  -- A connection, and in SMB the pipe.
  local function key_of(pinfo)
    local stream, fid = stream_field(), fid_field()
    return (stream and tostring(stream.value) or tostring(pinfo.src) .. tostring(pinfo.dst)) ..
      (fid and " " .. tostring(fid.value) or "")
  end

  local function show_pdu(version, pinfo, tree)
    if version.value ~= 5 then return end
    local source, offset = version.source, version.offset
    local sender = string.format("%s %s", tostring(pinfo.src), tostring(pinfo.src_port))
    local name = string.format("%d %d %d", pinfo.number, offset, source:len())
    local record = rpc.records[name]
    if record == nil then
      guard(tree, function() record = rpc.read_pdu(source, offset, key_of(pinfo), sender) end)
      rpc.records[name] = record or false
    end
    if not record then return end
    local tvb
    if record.bytes then
      if record.bytes:len() == 0 then return end
      tvb = record.bytes:tvb("Stub data of all fragments")
    elseif record.size > 0 then
      tvb = source(record.offset, record.size):tvb()
    else
      tvb = ByteArray.new():tvb("No stub data")
    end
    rpc.show(record, tvb, pinfo, tree)
  end

  function main.dissector(tvb, pinfo, tree)
    for _, version in ipairs({ version_field() }) do
      guard(tree, show_pdu, version, pinfo, tree)
    end
  end
  function main.init()
    rpc.streams, rpc.records = {}, {}
  end
  register_postdissector(main)

  ---- files ----

  local scalars, is_byte = rpc.scalars, rpc.is_byte
  local File = {}
  File.__index = File

  function rpc.file(name)
    local file = setmetatable({ types = {}, unions = {}, list = {}, known = {}, name = name:lower() }, File)
    local prefix = "penidl." .. file.name .. "."
    file.proto = Proto("penidl." .. file.name, "Interfaces of " .. name .. ".idl")
    local function add(field)
      table.insert(file.list, field)
      return field
    end
    file.none_field = add(ProtoField.none(prefix .. "value_", "Value"))
    file.pointer_field = add(ProtoField.none(prefix .. "pointer_", "Pointer"))
    file.operation_field = add(ProtoField.string(prefix .. "operation_", "Operation"))
    file.direction_field = add(ProtoField.string(prefix .. "direction_", "Direction"))
    file.opnum_field = add(ProtoField.uint16(prefix .. "opnum_", "Opnum"))
    return file
  end

  -- What a field shows: the scalar, string or bytes that a type leads to.
  local function new_field(file, t, abbreviation, name)
    local is_bytes = false
    if type(t) == "string" and file.types[t] then t = file.types[t] end
    while type(t) == "table" and (t.kind == "pointer" or t.kind == "array" or t.kind == "pipe") do
      is_bytes = t.kind ~= "pointer" and is_byte(t.element)
      if is_bytes then break end
      t = t.element
      if type(t) == "string" and file.types[t] then t = file.types[t] end
    end
    if is_bytes then return ProtoField.bytes(abbreviation, name) end
    if type(t) == "string" then
      local scalar = scalars[t]
      if not scalar then return nil end
      if scalar.base then return ProtoField[scalar[3]](abbreviation, name, scalar.base) end
      return ProtoField[scalar[3]](abbreviation, name)
    end
    if t.kind == "string" then return ProtoField.string(abbreviation, name) end
    if t.kind == "handle" then return ProtoField.guid(abbreviation, name) end
    if t.kind == "enum" then return ProtoField.uint32(abbreviation, name, base.DEC, t.values) end
    return nil
  end

  local function add_fields(file, owner, list)
    for _, f in ipairs(list) do
      local abbreviation = string.format("penidl.%s.%s.%s", file.name, owner, f[1])
      if f[2] and not file.known[abbreviation] then
        file.known[abbreviation] = new_field(file, f[2], abbreviation, f[1])
        table.insert(file.list, file.known[abbreviation])
      end
      f.field = file.known[abbreviation]
    end
  end

  function File:enum(name, t)
    t.kind, t.align = "enum", { t.bits / 8, 4 }
    self.types[name] = t
  end
  function File:struct(name, t)
    t.kind = "struct"
    self.types[name] = t
  end
  -- What object interfaces have beyond their files [MS-DCOM 2.2.13, 2.2.14, 2.2.21].
  function File:orpc()
    local function pointer(element)
      return { kind = "pointer", pointer = "unique", align = { 4, 8 }, element = element }
    end
    local function array(align, element)
      return { kind = "array", dimensions = { {} }, align = align, element = element }
    end
    local bytes = array({ 1, 1 }, "byte")
    local data4 = { kind = "array", dimensions = { { count = 8 } }, align = { 1, 1 }, element = "byte" }
    local function struct(name, align, fields, conformant)
      self:struct(name, { name = name, align = align, fields = fields, conformant = conformant })
    end
    struct("MInterfacePointer", { 4, 4 }, { { "ulCntData", "ulong" }, { "abData", bytes } }, true)
    struct("ORPC_GUID", { 4, 4 }, { { "Data1", "ulong" }, { "Data2", "ushort" }, { "Data3", "ushort" }, { "Data4", data4 } })
    struct("ORPC_EXTENT", { 4, 4 }, { { "id", "ORPC_GUID" }, { "size", "ulong" }, { "data", bytes } }, true)
    struct("ORPC_EXTENT_ARRAY", { 4, 8 }, { { "size", "ulong" }, { "reserved", "ulong" },
      { "extent", pointer(array({ 4, 8 }, pointer("ORPC_EXTENT"))) } })
    struct("COMVERSION", { 2, 2 }, { { "MajorVersion", "ushort" }, { "MinorVersion", "ushort" } })
    struct("ORPCTHIS", { 4, 8 }, { { "version", "COMVERSION" }, { "flags", "ulong" }, { "reserved1", "ulong" },
      { "cid", "ORPC_GUID" }, { "extensions", pointer("ORPC_EXTENT_ARRAY") } })
    struct("ORPCTHAT", { 4, 8 }, { { "flags", "ulong" }, { "extensions", pointer("ORPC_EXTENT_ARRAY") } })
  end
  function File:union(name, t)
    self.unions[name] = t
  end
  function File:interface(name, uuid, major, operations, callbacks)
    local interface = { name = name, file = self, operations = operations, callbacks = callbacks }
    rpc.interfaces[string.format("%s %d", uuid, major)] = interface
    table.insert(self, interface)
  end
  -- Once all types are known: the fields that can be filtered by.
  function File:register()
    for name, t in pairs(self.types) do
      if t.fields then add_fields(self, name, t.fields) end
    end
    for name, t in pairs(self.unions) do add_fields(self, name, t.arms) end
    for _, interface in ipairs(self) do
      for _, list in ipairs({ interface.operations, interface.callbacks }) do
        for _, operation in pairs(list) do
          local owner = interface.name .. "_" .. operation.name
          add_fields(self, owner, operation.input)
          add_fields(self, owner, operation.output)
        end
      end
    end
    self.proto.fields = self.list
  end
  return rpc
end

if not rpc then
  rpc = new_rpc()
  package.loaded[SHARED] = rpc
end
