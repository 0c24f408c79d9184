values => {
  // A tab's settings that differ from what the page begins with, as the query of an address.
  const [controls, tab] = [CONTROLS, TAB]
  const query = new URLSearchParams({tab})
  controls.forEach(([at, name, initial], i) => {
    const value = values[i] ?? ''
    if (at === tab && name && JSON.stringify(value) !== JSON.stringify(initial ?? '')) query.set(name, value)
  })
  return query
}
