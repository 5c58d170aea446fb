// The days under the strip: how the years are laid over each other, and which stretch of them is shown.
resight.axis = (() => {
  const { data } = resight.parts;
  const records = resight.records;
  const DAY = 864e5;
  const time = data.time ?? { years: [] };
  const years = new Map(time.years.map((year) => [year.year, year]));

  let way = "season", stretch = null;
  /** Day -> days by which what begins on it is moved: thousands of records begin on few days. */
  const offsets = new Map();

  const dateOf = (day) => new Date(day * DAY);
  const yearOf = (day) => dateOf(day).getUTCFullYear();
  /** A day by its date; Date.UTC would take the years 1 to 99 for 1901 to 1999. */
  const dayOf = (year, month, day) => new Date(0).setUTCFullYear(year, month, day) / DAY;
  /** The same date in another year; 29 February is 1 March where there is none. */
  const inYear = (day, year) => dayOf(year, dateOf(day).getUTCMonth(), dateOf(day).getUTCDate());

  /** Days by which what begins on a day is moved, so that it lies over the year under study. */
  function offset(day) {
    if (!offsets.has(day)) offsets.set(day, reckoned(day));
    return offsets.get(day);
  }

  function reckoned(day) {
    const year = yearOf(day);
    if (way === "date" || year === time.year) return 0;
    if (way === "shift") return years.get(year)?.shift?.at ?? (years.has(year) ? inYear(day, time.year) - day : 0);
    return inYear(day, time.year) - day;
  }

  const moved = ([first, last]) => [first + offset(first), last + offset(first)];

  /** First and last day of the axis. */
  function domain() {
    const whole = way === "date" ? time.years.map((year) => year.days) : [years.get(time.year).days];
    const ends = whole.reduce(([low, high], [first, last]) => [Math.min(low, first), Math.max(high, last)]);
    if (way !== "shift") return ends;
    for (const record of records.all.filter((one) => one.period !== "other")) {
      const [first, last] = moved(record.days);
      [ends[0], ends[1]] = [Math.min(ends[0], first), Math.max(ends[1], last)];
    }
    return ends;
  }

  const inStretch = (record) => {
    if (!stretch) return true;
    const by = offset(record.first);
    return record.first + by <= stretch[1] && record.last + by >= stretch[0];
  };
  const byStretch = records.narrowBy(inStretch);

  /** Show only what may lie in these days of the axis; null shows all. */
  function show(days) {
    stretch = days;
    byStretch.changed();
  }

  /** Lay the years over each other another way; all of them is shown again. */
  function layBy(name) {
    way = name;
    offsets.clear();
    stretch = null;
  }

  const inWords = (day, withYear = true) => {
    const date = dateOf(day);
    return `${date.getUTCDate()} ${time.months[date.getUTCMonth()]}${withYear ? ` ${String(date.getUTCFullYear()).padStart(4, "0")}` : ""}`;
  };

  return { time, domain, moved, yearOf, dateOf, dayOf, byStretch, show, layBy, inWords, way: () => way, stretch: () => stretch };
})();
