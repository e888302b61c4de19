// expect: limit  registered symbols without end
for (let i = 0; ; i++) Symbol.for('s' + i)
