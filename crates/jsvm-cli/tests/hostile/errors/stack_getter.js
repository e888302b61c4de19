// expect: interrupt  an error whose every property never comes
const e = new Error('x')
for (const k of ['name', 'stack', 'cause', 'toString', 'constructor'])
  Object.defineProperty(e, k, { get() { for (;;); } })
throw e
