// expect: limit  ownKeys that names ever more
Object.keys(new Proxy({}, { ownKeys: () => Array.from({ length: 2 ** 31 }, (_, i) => 'k' + i) }))
