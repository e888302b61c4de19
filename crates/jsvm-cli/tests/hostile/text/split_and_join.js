// expect: limit  joining what was split, ever longer
let s = 'a,b'
for (;;) s = s.split(',').join(',' + s + ',')
