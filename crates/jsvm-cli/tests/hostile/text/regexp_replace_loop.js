// expect: interrupt  a cheap match again and again in one native call after another
for (;;) 'x'.repeat(1000).replace(/x/g, (m) => m + m)
