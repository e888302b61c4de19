// expect: limit  symbols without end
const o = {}
for (;;) o[Symbol()] = 1
