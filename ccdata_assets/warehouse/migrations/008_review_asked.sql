-- Why a person is asked about a pair stands in a column of its own; the queue is made anew by the next run.
alter table golden.review_queue add column asked varchar[];
delete from golden.review_queue;
delete from ops.run_state where name = 'review_queue';
