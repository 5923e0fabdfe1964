-- Nothing here depends on the order of pairs(): Lua seeds its hashes with addresses and the time.
local state = 1
local function chance(n)
    state = (state * 1103515245 + 12345) % 2147483648
    return state // 65536 % n
end

local function word()
    local letters = {}
    for i = 1, 2 + chance(10) do letters[i] = string.char(97 + chance(26)) end
    return table.concat(letters)
end

local function words(count)
    local list = {}
    for i = 1, count do list[i] = word() end
    return list
end

local function sorted_keys(map)
    local keys = {}
    for key in pairs(map) do keys[#keys + 1] = key end
    table.sort(keys)
    return keys
end

local function count(list)
    local seen = {}
    for _, w in ipairs(list) do
        local key = w:sub(1, 3)
        seen[key] = (seen[key] or 0) + 1
    end
    local lines = {}
    for i, key in ipairs(sorted_keys(seen)) do lines[i] = key .. "=" .. seen[key] end
    return table.concat(lines, " ")
end

local function rewrite(list)
    local text = table.concat(list, " ")
    text = text:gsub("(%w+) (%w+)", "%2-%1"):gsub("[aeiou]+", string.upper)
    return text
end

-- A binary search tree that keeps losing its middle: blocks of one size and of many ages.
local function insert(node, value)
    if not node then return {value = value} end
    if value < node.value then node.left = insert(node.left, value)
    elseif value > node.value then node.right = insert(node.right, value) end
    return node
end

local function walk(node)
    if not node then return end
    walk(node.left)
    coroutine.yield(node.value)
    walk(node.right)
end

local function tree(list)
    local root
    for i, w in ipairs(list) do
        root = insert(root, w)
        if i % 4000 == 0 then root = root.left or root.right end
    end
    local values = {}
    for value in coroutine.wrap(function() walk(root) end) do values[#values + 1] = value end
    return table.concat(values, " ")
end

local function closures()
    local steps = {}
    for i = 1, 30000 do steps[i] = function(text) return (text .. i % 7):sub(-60) end end
    local text = ""
    for _, step in ipairs(steps) do text = step(text) end
    return text
end

for round = 1, tonumber(arg[1]) do
    local list = words(60000)
    for _, answer in ipairs({count(list), rewrite(list), tree(list), closures()}) do
        local sum = 0
        for i = 1, #answer, 3 do sum = (sum * 31 + answer:byte(i)) % 4294967296 end
        print(round, #answer, sum)
        if round == 1 then print(answer) end
    end
end
