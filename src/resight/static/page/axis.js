// The days under the strip: how the years are laid over each other, and which stretch of them is shown.
resight.axis = (() => {
  const { data } = resight.parts;
  const records = resight.records;
  const DAY = 864e5;
  const time = data.time ?? { years: [] };
  const years = new Map(time.years.map((year) => [year.year, year]));

  let way = "season", stretch = null;

  const dateOf = (day) => new Date(day * DAY);
  const yearOf = (day) => dateOf(day).getUTCFullYear();
  const inYear = (day, year) => Date.UTC(year, dateOf(day).getUTCMonth(), dateOf(day).getUTCDate()) / DAY;

  /** Days by which what begins on a day is moved, so that it lies over the year under study. */
  function offset(day) {
    const year = yearOf(day);
    if (way === "date" || year === time.year) return 0;
    if (way === "shift") return years.get(year)?.shift?.at ?? (years.has(year) ? inYear(day, time.year) - day : 0);
    return inYear(day, time.year) - day;
  }

  const moved = ([first, last]) => [first + offset(first), last + offset(first)];

  /** First and last day of the axis. */
  function domain() {
    const whole = way === "date" ? time.years.map((year) => year.days) : [years.get(time.year).days];
    const lie = way === "shift" ? records.all.filter((record) => record.period !== "other").map((record) => moved(record.days)) : [];
    return [...whole, ...lie].reduce(([low, high], [first, last]) => [Math.min(low, first), Math.max(high, last)], [Infinity, -Infinity]);
  }

  const inStretch = (record) => {
    if (!stretch) return true;
    const [first, last] = moved(record.days);
    return first <= stretch[1] && last >= stretch[0];
  };
  records.narrowBy(inStretch);

  /** Show only what may lie in these days of the axis; null shows all. */
  function show(days) {
    stretch = days;
    records.changed();
  }

  /** Lay the years over each other another way; all of them is shown again. */
  function layBy(name) {
    way = name;
    stretch = null;
  }

  const inWords = (day, withYear = true) => {
    const date = dateOf(day);
    return `${date.getUTCDate()} ${time.months[date.getUTCMonth()]}${withYear ? ` ${date.getUTCFullYear()}` : ""}`;
  };

  return { time, domain, moved, yearOf, dateOf, inStretch, show, layBy, inWords, way: () => way, stretch: () => stretch };
})();
