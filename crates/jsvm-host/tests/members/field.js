// What every field has.
const field = new TextField({ id: "t1", name: "code", system: true, pattern: "^[a-z]+$", autogeneratePattern: "[a-z]{5}", presentable: true, help: "five letters", primaryKey: false })
is("read", [field.getId(), field.getName(), field.getHidden(), field.getSystem()], ["t1", "code", false, true])
is("options", [field.pattern, field.autogeneratePattern, field.presentable, field.help, field.primaryKey], ["^[a-z]+$", "[a-z]{5}", true, "five letters", false])
field.setId("t2")
field.setName("word")
field.setHidden(true)
field.setSystem(false)
is("set", [field.id, field.name, field.hidden, field.system], ["t2", "word", true, false])
field.max = "7"
field.presentable = 0
is("cast", [field.max, field.min, field.presentable], [7, 0, false])
const list = new FieldsList([field])
list.addMarshaledJSONAt(0, '[{"name":"a","type":"bool"},{"name":"b","type":"json"}]')
is("at", [list.fieldNames(), JSON.parse(toString(list.marshalJSON())).length], [["a", "b", "word"], 3])
list.removeById("t2")
is("removed", list.fieldNames(), ["a", "b"])
