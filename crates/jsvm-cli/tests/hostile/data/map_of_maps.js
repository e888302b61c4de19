// expect: limit  maps that hold maps
let m = new Map()
for (;;) m = new Map([[m, new Map()], [{}, m]])
