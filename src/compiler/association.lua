-- Reads the headers of PDUs: which interface they speak of, and the stub data of whole calls:
-- rpc.read_pdu.
local function add_associations(rpc)
  local malformed = rpc.malformed
  local STUB_MAX = 16777216
  local NESTING_MAX = 64 -- calls inside each other
  local NDR = "8a885d04-1ceb-11c9-9fe8-08002b104860"
  local NDR64 = "71710533-beba-4937-8319-b5dbef9ccc36"

  local function stream_of(key)
    local stream = rpc.streams[key]
    if not stream then
      stream = { contexts = {}, calls = {}, parts = {}, offers = {} }
      rpc.streams[key] = stream
    end
    return stream
  end

  local function part(p, offset, n)
    if offset + n > p.size then malformed("the header ends too early, at %d", offset) end
    return p.tvb(offset, n)
  end

  local function uuid_at(p, offset)
    local s = part(p, offset, 16)
    local a, b, c
    if p.le then
      a, b, c = s(0, 4):le_uint(), s(4, 2):le_uint(), s(6, 2):le_uint()
    else
      a, b, c = s(0, 4):uint(), s(4, 2):uint(), s(6, 2):uint()
    end
    local tail = s(8, 8):bytes():tohex(true)
    return string.format("%08x-%04x-%04x-%s-%s", a, b, c, tail:sub(1, 4), tail:sub(5))
  end

  local function u16(p, offset)
    local range = part(p, offset, 2)
    return p.le and range:le_uint() or range:uint()
  end

  local function u32(p, offset)
    local range = part(p, offset, 4)
    return p.le and range:le_uint() or range:uint()
  end

  -- bind, alter_context: which context would speak of which interface.
  local function on_offer(p, stream)
    local offers, at = {}, 28
    stream.client = p.sender
    for i = 1, part(p, 24, 1):uint() do
      local id, n = u16(p, at), part(p, at + 2, 1):uint()
      local interface = rpc.interfaces[string.format("%s %d", uuid_at(p, at + 4), u16(p, at + 20))]
      local syntaxes = {}
      for k = 1, n do syntaxes[k] = uuid_at(p, at + 24 + 20 * (k - 1)) end
      offers[i] = { id = id, interface = interface, syntaxes = syntaxes }
      -- A request may come before the answer is seen.
      stream.contexts[id] = { interface = interface, syntax = syntaxes[1] == NDR64 and 2 or 1 }
      at = at + 24 + 20 * n
    end
    stream.offers[p.call_id] = offers
  end

  -- Which of them the server takes, and in which syntax.
  local function on_answer(p, stream)
    local offers = stream.offers[p.call_id]
    local at = 26 + u16(p, 24)
    if not offers then return end
    at = at + (4 - at % 4) % 4
    for i = 1, part(p, at, 1):uint() do
      local offset = at + 4 + 24 * (i - 1)
      local offer = offers[i]
      if offer and u16(p, offset) == 0 then
        local syntax = uuid_at(p, offset + 4)
        local known = syntax == NDR and 1 or syntax == NDR64 and 2 or nil
        stream.contexts[offer.id] = { interface = known and offer.interface, syntax = known }
      elseif offer and u16(p, offset) ~= 3 then
        stream.contexts[offer.id] = nil
      end
    end
  end

  -- The stub data of a PDU: without what signs it.
  local function stub_range(p, start)
    local finish = p.size
    local sealed = false
    local auth = u16(p, 10)
    if auth > 0 then
      local trailer = p.size - auth - 8
      if trailer < start then malformed("an authentication of %d bytes", auth) end
      sealed = part(p, trailer + 1, 1):uint() == 6
      finish = trailer - part(p, trailer + 2, 1):uint()
      if finish < start then malformed("more padding than there are bytes") end
    end
    return start, finish - start, sealed
  end

  -- Puts fragments together. Nil: more are to come.
  local function gather(p, stream, key, start, n)
    local first, last = p.flags % 2 == 1, p.flags % 4 >= 2
    if first and last then return p.offset + start, n, nil end
    local parts = stream.parts[key]
    if first or not parts then
      parts = ByteArray.new()
      stream.parts[key] = parts
    end
    if n > 0 then parts:append(part(p, start, n):bytes()) end
    if parts:len() > STUB_MAX then
      stream.parts[key] = nil
      malformed("more than %d bytes of stub data", STUB_MAX)
    end
    if not last then return nil end
    stream.parts[key] = nil
    return 0, 0, parts
  end

  -- Calls inside each other have one call_id: the server's [callback] inside the client's call, and what
  -- the client calls out of that [MS-RPCE 3.3.1.5.9]. The stack has those that are not answered.
  local function begin_call(stream, p, stack, is_callback)
    local context = stream.contexts[u16(p, 20)]
    if not context or not context.interface then return nil end
    local call = {
      interface = context.interface, syntax = context.syntax, opnum = u16(p, 22), is_callback = is_callback,
    }
    -- Who called last calls again: the one before was given up.
    local top = stack[#stack]
    if top and (top.is_callback == is_callback or #stack == NESTING_MAX) then stack[#stack] = nil end
    table.insert(stack, call)
    stream.calls[p.call_id] = stack
    return call
  end

  -- The innermost that waits for an answer from there; what is in it was ended by a fault.
  local function answered_call(stack, is_callback)
    while stack[#stack] and stack[#stack].is_callback ~= is_callback do stack[#stack] = nil end
    return stack[#stack]
  end

  local function on_call(p, stream, is_request)
    local is_callback = is_request ~= (not stream.client or p.sender == stream.client)
    local stack = stream.calls[p.call_id] or {}
    local start = 24
    local call
    if not is_request then
      call = answered_call(stack, is_callback)
    else
      if p.flags >= 128 then start = 40 end
      if p.flags % 2 == 1 then call = begin_call(stream, p, stack, is_callback)
      else call = stack[#stack] end
    end
    if not call then return nil end
    local from, n, sealed = stub_range(p, start)
    local key = (is_request and "i" or "o") .. (is_callback and "c" or "") .. p.call_id
    local offset, size, bytes = gather(p, stream, key, from, n)
    if not offset then return nil end
    if not is_request then stack[#stack] = nil end
    return {
      interface = call.interface, syntax = call.syntax, opnum = call.opnum, is_request = is_request,
      is_callback = is_callback, is_sealed = sealed, le = p.le, offset = offset, size = size, bytes = bytes,
    }
  end

  -- What the PDU says: of a call's last fragment a record of what to show.
  local function read_pdu(source, offset, key, sender)
    local head = source(offset, 16)
    local p = { offset = offset, flags = head(3, 1):uint(), sender = sender }
    p.le = head(4, 1):uint() >= 16
    p.tvb, p.size = source(offset), 16
    local size = u16(p, 8)
    if size < 16 or size > p.tvb:len() then return nil end
    p.tvb, p.size = source(offset, size), size
    p.call_id = u32(p, 12)
    local stream, type = stream_of(key), head(2, 1):uint()
    if type == 11 or type == 14 then on_offer(p, stream)
    elseif type == 12 or type == 15 then on_answer(p, stream)
    elseif type == 0 then return on_call(p, stream, true)
    elseif type == 2 then return on_call(p, stream, false)
    end
  end

  rpc.read_pdu = read_pdu
end
