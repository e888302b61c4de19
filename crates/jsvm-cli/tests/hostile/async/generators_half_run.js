// expect: ok  generators left in the middle of a finally
const kept = []
for (let i = 0; i < 1000; i++) {
  const g = (function* () { try { yield 1 } finally { yield 2; for (;;); } })()
  g.next(); g.return(); kept.push(g)
}
kept.length
