// expect: interrupt  String.raw over a proxy whose length never ends
String.raw({ raw: new Proxy({}, { get: (_, key) => (key === 'length' ? 2 ** 53 - 1 : '') }) })
