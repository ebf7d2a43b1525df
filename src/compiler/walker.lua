-- Shows stub data by the types of files: rpc.show.
local function add_walker(rpc)
  local malformed, guard = rpc.malformed, rpc.guard
  local ITEMS_MAX = 20000 -- of a PDU: what hostile counts can make us show
  local DEPTH_MAX = 64

  ---- scalars: their sizes in NDR and NDR64, and how fields show them ----

  local scalars = {
    small = { 1, 1, "int8", signed = true }, usmall = { 1, 1, "uint8" }, byte = { 1, 1, "uint8" },
    char = { 1, 1, "uint8" }, boolean = { 1, 1, "uint8" },
    short = { 2, 2, "int16", signed = true }, ushort = { 2, 2, "uint16" }, wchar_t = { 2, 2, "uint16" },
    long = { 4, 4, "int32", signed = true }, ulong = { 4, 4, "uint32" },
    error_status_t = { 4, 4, "uint32", base = base.HEX },
    hyper = { 8, 8, "int64", signed = true }, uhyper = { 8, 8, "uint64" },
    int3264 = { 4, 8, "int64", signed = true }, uint3264 = { 4, 8, "uint64" },
    float = { 4, 4, "float" }, double = { 8, 8, "double" },
    -- A pointer that is not followed, and whether there is one.
    ignored = { 4, 8, "uint64", base = base.HEX }, presence = { 4, 8, "uint64", base = base.HEX },
  }

  local function is_byte(t)
    return t == "byte" or t == "usmall" or t == "char"
  end

  ---- the reader ----

  local function need(w, n)
    if n > w.size - w.pos then malformed("the bytes end too early, at %d", w.pos) end
  end

  local function align(w, n)
    local gap = (n - w.pos % n) % n
    need(w, gap)
    w.pos = w.pos + gap
  end

  local function take(w, n)
    need(w, n)
    local range = w.tvb(w.pos, n)
    w.pos = w.pos + n
    return range
  end

  local function number_of(w, range, signed)
    local n = range:len()
    if n == 8 then
      local value
      if signed then value = w.le and range:le_int64() or range:int64()
      else value = w.le and range:le_uint64() or range:uint64() end
      return value:tonumber()
    end
    if signed then return w.le and range:le_int() or range:int() end
    return w.le and range:le_uint() or range:uint()
  end

  -- A count or a referent: 4 bytes, and 8 in NDR64.
  local function word(w)
    local n = w.syntax == 2 and 8 or 4
    align(w, n)
    return number_of(w, take(w, n))
  end

  local function count(w)
    local n = word(w)
    if n > 0x7fffffff then malformed("a count of %.0f", n) end
    return n
  end

  local function item(w)
    w.n_items = w.n_items + 1
    if w.n_items > ITEMS_MAX then malformed("more than %d items", ITEMS_MAX) end
  end

  ---- the tree ----

  local function put(w, tree, field, range)
    if w.le then return tree:add_le(field, range) end
    return tree:add(field, range)
  end

  -- A node for what begins here and is as long as it will turn out; shut says so.
  local function open(w, tree, field, text)
    item(w)
    local node
    if w.pos < w.size then node = tree:add(field, w.tvb(w.pos)) else node = tree:add(field) end
    node:set_text(text)
    return { node = node, pos = w.pos }
  end

  local function shut(w, opened)
    if opened.pos < w.size then opened.node:set_len(w.pos - opened.pos) end
  end

  local value

  local function resolve(w, t)
    return type(t) == "string" and w.file.types[t] or t
  end

  ---- pointers ----

  local function pointer(w, t, tree, name, field)
    local at = w.pos
    local referent = word(w)
    item(w)
    local node = tree:add(w.file.pointer_field, w.tvb(w.pos - (w.syntax == 2 and 8 or 4), w.syntax == 2 and 8 or 4))
    if referent == 0 and t.pointer ~= "ref" then
      node:set_text(name .. ": NULL")
      return
    end
    node:set_text(string.format("%s: pointer 0x%x", name, referent))
    if t.pointer == "ptr" then
      if w.seen[referent] then return end
      w.seen[referent] = true
    end
    table.insert(w.pending, { type = t.element, node = node, name = name, field = field })
  end

  -- What waits since the nth pointer, each with what it points to in turn.
  local function settle(w)
    local pending = w.pending
    for _, one in ipairs(pending) do
      if w.depth == DEPTH_MAX then malformed("pointers more than %d deep", DEPTH_MAX) end
      w.depth = w.depth + 1
      w.pending = {}
      value(w, one.type, one.node, one.name, one.field)
      settle(w)
      w.depth = w.depth - 1
    end
    w.pending = {}
  end

  ---- arrays and strings ----

  local function is_apart(t)
    if t.kind == "string" then return true end
    if t.kind ~= "array" then return false end
    for _, d in ipairs(t.dimensions) do
      if not d.count then return true end
    end
    return false
  end

  -- The sizes that stand before a struct that ends in such an array.
  local function conformance(w, t)
    local sizes = {}
    for i, d in ipairs(t.dimensions) do sizes[i] = d.count or count(w) end
    return sizes
  end

  local function hoist(w, t)
    while type(t) == "table" and t.kind == "struct" do
      t = resolve(w, t.fields[#t.fields][2])
    end
    w.hoisted = conformance(w, t)
  end

  local function extents(w, t)
    local sizes
    if w.hoisted and is_apart(t) then
      sizes, w.hoisted = w.hoisted, nil
    else
      sizes = conformance(w, t)
    end
    local lengths, n = {}, 1
    for i, d in ipairs(t.dimensions) do
      lengths[i] = sizes[i]
      if d.varying then
        local first = count(w)
        lengths[i] = count(w)
        if first + lengths[i] > sizes[i] then
          malformed("%.0f elements from %.0f on, of %.0f", lengths[i], first, sizes[i])
        end
      end
      n = n * lengths[i]
    end
    return lengths, n
  end

  local function align_of(w, t)
    t = resolve(w, t)
    if type(t) == "string" then return scalars[t][w.syntax] end
    return t.align[w.syntax]
  end

  -- "[2][0]" of the nth element.
  local function index_of(lengths, n)
    local text = ""
    for i = #lengths, 1, -1 do
      text = string.format("[%d]%s", n % lengths[i], text)
      n = math.floor(n / lengths[i])
    end
    return text
  end

  local function array(w, t, tree, name, field)
    local lengths, n = extents(w, t)
    align(w, align_of(w, t.element))
    if is_byte(t.element) then
      item(w)
      need(w, n)
      if n == 0 then
        tree:add(w.file.none_field):set_text(name .. ": empty")
      else
        tree:add(field or w.file.none_field, take(w, n))
      end
      return
    end
    local opened = open(w, tree, w.file.none_field, string.format("%s: %.0f elements", name, n))
    for i = 0, n - 1 do
      item(w)
      value(w, t.element, opened.node, name .. index_of(lengths, i), field)
    end
    shut(w, opened)
  end

  local function string_of(w, t, tree, name, field)
    local lengths, n = extents(w, t)
    local size = t.element == "wchar_t" and 2 or 1
    item(w)
    align(w, size)
    need(w, n * size)
    if n == 0 then
      tree:add(w.file.none_field):set_text(name .. ": empty")
      return
    end
    local range = take(w, n * size)
    local text
    if size == 2 then text = w.le and range:le_ustring() or range:ustring()
    else text = range:string() end
    tree:add(field or w.file.none_field, range, (text:gsub("%z.*", "")))
  end

  ---- structs and unions ----

  local function fields(w, t, tree)
    for _, f in ipairs(t.fields) do value(w, f[2], tree, f[1], f.field) end
  end

  local function struct(w, t, tree, name)
    local opened = open(w, tree, w.file.none_field, name .. ": " .. t.name)
    if t.conformant and not w.hoisted then hoist(w, t) end
    align(w, t.align[w.syntax])
    fields(w, t, opened.node)
    if w.syntax == 2 then
      local gap = (t.align[2] - w.pos % t.align[2]) % t.align[2]
      if t.conformant and gap > w.size - w.pos then w.pos = w.size else align(w, t.align[2]) end
    end
    shut(w, opened)
  end

  local function enum_range(w, t)
    local n = w.syntax == 2 and 4 or t.bits / 8
    align(w, n)
    return take(w, n)
  end

  -- A discriminant.
  local function tag_of(w, t, tree)
    local tag = resolve(w, t.tag)
    local range, number
    if type(tag) == "table" then
      range = enum_range(w, tag)
      number = number_of(w, range, range:len() == 4)
    else
      align(w, scalars[tag][w.syntax])
      range = take(w, scalars[tag][w.syntax])
      number = number_of(w, range, scalars[tag].signed)
    end
    tree:add(w.file.none_field, range):set_text(string.format("discriminant: %.0f", number))
    return number
  end

  local function union(w, t, tree, name)
    local arms = w.file.unions[t.arms]
    local opened = open(w, tree, w.file.none_field, name .. ": " .. arms.name)
    local biggest = t.align[w.syntax]
    if w.syntax == 2 then align(w, biggest) end
    local number = tag_of(w, t, opened.node)
    local arm = arms.cases[number] or arms.default
    if not arm then malformed("no arm of %s is chosen by %.0f", arms.name, number) end
    if w.syntax == 2 or t.ms_union then align(w, biggest) end
    arm = arms.arms[arm]
    if arm[2] then value(w, arm[2], opened.node, arm[1], arm.field) end
    shut(w, opened)
  end

  local function handle(w, t, tree, name, field)
    item(w)
    align(w, 4)
    local range = take(w, 20)
    put(w, tree, field or w.file.none_field, range(4, 16))
  end

  ---- pipes ----

  local function pipe(w, t, tree, name, field)
    local opened = open(w, tree, w.file.none_field, name .. ": pipe")
    while true do
      local n = word(w)
      if n > 0x7fffffff then malformed("a chunk of %.0f elements", n) end
      if n > 0 then
        local chunk = { kind = "array", element = t.element, dimensions = { { count = n } } }
        array(w, chunk, opened.node, name, field)
      end
      if w.syntax == 2 then
        align(w, 8)
        local check = w.le and take(w, 8):le_int64() or take(w, 8):int64()
        if check:tonumber() ~= -n then malformed("a chunk whose counts disagree") end
      end
      if n == 0 then break end
    end
    shut(w, opened)
  end

  ---- any value ----

  local kinds = {
    pointer = pointer, array = array, string = string_of, struct = struct, union = union,
    handle = handle, pipe = pipe,
    enum = function(w, t, tree, name, field)
      put(w, tree, field or w.file.none_field, enum_range(w, t))
    end,
  }

  value = function(w, t, tree, name, field)
    t = resolve(w, t)
    if type(t) == "table" then
      kinds[t.kind](w, t, tree, name, field)
      return
    end
    local scalar = scalars[t]
    item(w)
    align(w, scalar[w.syntax])
    put(w, tree, field or w.file.none_field, take(w, scalar[w.syntax]))
  end

  -- What is left after the parameters: what the client says of itself [MS-RPCE 2.2.2.13].
  local function rest(w, tree)
    local left = w.size - w.pos
    if left == 0 then return end
    local gap = (4 - w.pos % 4) % 4
    local text = "left over"
    if left >= gap + 8 and w.tvb(w.pos + gap, 8):bytes():tohex(true) == "8ae3137102f43671" then
      text = "verification trailer"
    end
    tree:add(w.file.none_field, w.tvb(w.pos, left)):set_text(string.format("%s: %d bytes", text, left))
    if text == "left over" and left > 8 then malformed("%d bytes after the parameters", left) end
  end

  -- One parameter after the other, each with what it points to; then what goes through pipes.
  local function parameters(w, list, tree)
    for pass = 1, 2 do
      for _, f in ipairs(list) do
        local t = resolve(w, f[2])
        local is_pipe = type(t) == "table" and t.kind == "pipe"
        if is_pipe == (pass == 2) then
          value(w, f[2], tree, f[1], f.field)
          settle(w)
        end
      end
    end
    rest(w, tree)
  end

  local function show(record, tvb, pinfo, tree)
    local file, interface = record.interface.file, record.interface
    local operation = (record.is_callback and interface.callbacks or interface.operations)[record.opnum]
    local noun = record.is_callback and "callback" or "operation"
    local what = (record.is_callback and "callback " or "") .. (record.is_request and "request" or "response")
    local label = operation and operation.name or string.format("%s %d", noun, record.opnum)
    local node
    if tvb:len() > 0 then node = tree:add(file.proto, tvb()) else node = tree:add(file.proto) end
    node:set_text(string.format("%s.%s, %s%s", interface.name, label, what,
      record.syntax == 2 and ", NDR64" or ""))
    node:add(file.operation_field, label):set_generated()
    node:add(file.opnum_field, record.opnum):set_generated()
    node:add(file.direction_field, what):set_generated()
    pinfo.cols.info:append(string.format(", %s.%s", interface.name, label))
    if record.is_sealed then
      node:add(file.none_field):set_text("sealed: " .. tvb:len() .. " bytes")
      return
    end
    if not operation then
      guard(node, malformed, "%s has no %s %d", interface.name, noun, record.opnum)
      return
    end
    local w = {
      tvb = tvb, pos = 0, size = tvb:len(), le = record.le, syntax = record.syntax, file = file,
      depth = 0, pending = {}, seen = {}, n_items = 0,
    }
    guard(node, parameters, w, record.is_request and operation.input or operation.output, node)
  end

  rpc.scalars, rpc.is_byte, rpc.show = scalars, is_byte, show
end
