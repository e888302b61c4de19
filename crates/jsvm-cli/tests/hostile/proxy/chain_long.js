// expect: limit  a chain of 200,000 proxies
let p = {}
for (let i = 0; i < 200000; i++) p = new Proxy(p, {})
p.x
