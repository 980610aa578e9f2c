/** Examples of feedback in the OpenAPI document. */
import type { FeedbackAccepted, FeedbackBatchList } from '@tintype/contracts';

export const exampleBatchOfFeedback = '01a22189-1368-7000-8b2c-2f4e6a8c0d1b';

type Examples = {
  feedback_accepted: { summary: string; value: FeedbackAccepted };
  feedback_waiting: { summary: string; value: FeedbackAccepted };
  feedback_batches: { summary: string; value: FeedbackBatchList };
};

export function feedbackExamples(): Examples {
  const id = exampleBatchOfFeedback;
  return {
    feedback_accepted: { summary: 'It counts from now on', value: { id, accepted: 2, unknown: ['dog.jpg'] } },
    feedback_waiting: { summary: 'The search service is away', value: { id, accepted: 2, unknown: null } },
    feedback_batches: {
      summary: 'A page',
      value: {
        data: [
          {
            id,
            tenant: 'default',
            voter: 'lFv3xEJm0pX2uR9bTq1cWg',
            verdicts: 2,
            unknown: 1,
            created_at: '2026-11-01T12:00:00.000Z',
            undone_at: null,
          },
        ],
        next: null,
      },
    },
  };
}
