// expect: limit  a chain of 10,000 proxies
let p = { x: 1 }
for (let i = 0; i < 10000; i++) p = new Proxy(p, {})
p.x
