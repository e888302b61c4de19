// expect: ok  a comparator that empties its array
const a = Array.from({ length: 1000 }, (_, i) => -i)
a.sort((x, y) => { a.length = 0; return x - y })
a.length >= 0
