function (people) {
    const chosen = people
        .filter((person) => person.active && person.age >= 21)
        .sort((a, b) => a.name.localeCompare(b.name))
    const sum = chosen.reduce((sum, person) => sum + person.score, 0)
    return {
        count: chosen.length,
        sum: sum,
        people: chosen.map((person) => ({
            id: person.id,
            label: `${person.name} (${person.age})`,
        })),
    }
}
