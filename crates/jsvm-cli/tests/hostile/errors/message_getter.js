// expect: interrupt  an error whose message never comes
throw Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } })
