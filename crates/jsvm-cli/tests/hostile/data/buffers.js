// expect: limit  buffers until there is no memory
const kept = []
for (;;) kept.push(new ArrayBuffer(1 << 20))
