// expect: limit  one object with ever new keys
const o = {}
for (let i = 0; ; i++) o['k' + i] = i
