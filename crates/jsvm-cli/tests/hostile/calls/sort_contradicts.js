// expect: ok  a comparator that contradicts itself
const a = Array.from({ length: 5000 }, (_, i) => i)
let n = 0
a.sort(() => ((n = (n * 1103515245 + 12345) % 2147483648) & 2) - 1)
a.length
