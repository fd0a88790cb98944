"""Forecast of interval traffic and handling time: history is read and treated, a model of the days is chosen by backtest, spread over
the day, given prediction intervals, kept, and scored when the calls have come. Staffing is not forecast: it reads `planning.forecast`."""
