"""The table at risk stays a table on a phone: its columns are the times of the axis above it."""

SHOWN = """() => [...document.querySelectorAll('.lsr-risk table')].map(table => {
  const row = [...table.querySelectorAll('tbody tr')].find(row => row.querySelector('td'));
  const tops = [...row.querySelectorAll('td')].map(cell => cell.getBoundingClientRect().top);
  return Math.max(...tops) - Math.min(...tops);
})"""


def test_the_cells_of_a_line_at_risk_stand_beside_each_other(served, visit):
    reader = visit(served, size="phone")
    for name in ("reading-curves.html", "resection-vs-nonsurgical.html"):
        spread = reader.open(name).evaluate(SHOWN)
        assert spread, name
        assert max(spread) < 2, name
